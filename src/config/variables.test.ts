import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { readSettings } from './config.ts'
import { canonical } from './env.ts'
import { renderExample, type Variable, variables } from './variables.ts'

const all: readonly Variable[] = variables

test('no name stands for two variables', () => {
  const names = all.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
})

test('.env.example names every variable once, each with a sentence, and sets nothing', () => {
  const text = renderExample()
  for (const { name, about, aliases = [] } of all) {
    expect(text.match(new RegExp(`^#${name}=`, 'gm')), name).toHaveLength(1)
    expect(text).toContain(about)
    for (const alias of aliases) expect(text).toContain(alias)
  }
  expect(parseEnv(text)).toEqual({})
})

test('the defaults that it names are those that hold', () => {
  const uncommented = renderExample().replaceAll(/^#([A-Z0-9_]+=)/gm, '$1')
  expect(readSettings(canonical(parseEnv(uncommented)))).toEqual({
    ...readSettings({}),
    metricsPortIsDefault: false,
  })
})
