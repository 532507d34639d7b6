import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const project = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(`${project}/${path}`, 'utf8')
const workflows = globSync('.github/workflows/*.yml', { cwd: project })
const node = JSON.parse(read('package.json')).devDependencies.node

/** What follows `keyword` in the lines of a file. */
const valuesOf = (path: string, keyword: RegExp) =>
  read(path)
    .split('\n')
    .flatMap((line) => keyword.exec(line)?.[1] ?? [])

describe('Renovate pins digests of exact versions', () => {
  const actions = workflows.flatMap((path) => valuesOf(path, /uses: (\S+)/).map((name) => ({ path, name })))
  test.each(actions)('$name in $path', ({ name }) => {
    expect(name).toMatch(/^[\w./-]+@(?:v\d+\.\d+\.\d+|[0-9a-f]{40}(?: # v\d+\.\d+\.\d+)?)$/)
  })

  const files = ['Dockerfile', ...globSync('ops/**/*.yml', { cwd: project })]
  const images = files.flatMap((path) =>
    valuesOf(path, /^(?:FROM| *image:) (\S+)/)
      // Our own image: ${PACER_IMAGE:-pacer:latest}
      .filter((name) => !name.includes('PACER_IMAGE'))
      .map((name) => ({ path, name })),
  )
  test.each(images)('$name in $path', ({ name }) => {
    expect(name).toMatch(/^[\w./-]+:\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?(?:@sha256:[0-9a-f]{64})?$/)
  })
})

test('the image, CI and the npm scripts run the same Node', () => {
  const images = valuesOf('Dockerfile', /^FROM node:([\d.]+)-/)
  const versions = workflows.flatMap((path) => valuesOf(path, /node-version: ([\d.]+)/))
  expect(images.length * versions.length).toBeGreaterThan(0)
  expect(new Set([...images, ...versions])).toEqual(new Set([node]))
})
