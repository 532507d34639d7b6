import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { readSettings } from './config.ts'
import { canonical } from './env.ts'
import { renderExample, renderTables } from './render-settings.ts'
import { allSettings, settingGroups } from './settings.ts'

test('no two variables share a name', () => {
  const names = allSettings.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
})

test('.env.example has every variable once, with its description, and sets nothing', () => {
  const text = renderExample()
  for (const { name, description, aliases = [] } of allSettings) {
    expect(text.match(new RegExp(`^#${name}=`, 'gm')), name).toHaveLength(1)
    expect(text).toContain(description)
    for (const alias of aliases) expect(text).toContain(alias)
  }
  expect(parseEnv(text)).toEqual({})
})

test('the defaults of .env.example are those of the program', () => {
  const uncommented = renderExample().replaceAll(/^#([A-Z0-9_]+=)/gm, '$1')
  expect(readSettings(canonical(parseEnv(uncommented)))).toEqual({
    ...readSettings({}),
    metricsPortIsDefault: false,
  })
})

test('the docs have a row for every variable, below the heading of its group', () => {
  const sections = renderTables().split(/^## /m).slice(1)
  expect(sections).toHaveLength(settingGroups.length)
  for (const { name, group, aliases = [], default: value, requiredInProduction, secret, description } of allSettings) {
    const section = sections.find((text) => text.startsWith(`${group}\n`))
    const names = [name, ...aliases].map((each) => `\`${each}\``).join(', ')
    const cells = [
      names,
      value ? `\`${value}\`` : '',
      requiredInProduction ? 'yes' : '',
      secret ? 'yes' : '',
      description,
    ]
    expect(section?.split('\n')).toContain(`| ${cells.join(' | ')} |`)
  }
})

test('a variable whose name says that it is secret is marked so', () => {
  const names = allSettings.filter(({ secret }) => !secret).map(({ name }) => name)
  const known = ['CLERK_JWT_KEY', 'CLERK_PUBLISHABLE_KEY', 'R2_ACCESS_KEY_ID', 'VAPID_PUBLIC_KEY']
  expect(names.filter((name) => /SECRET|KEY|PASSWORD|TOKEN|HEADERS|AUTHORIZATION/.test(name))).toEqual(known)
})

test('a setting has the property of the settings that its definition names', () => {
  const environment = { PORT: '1', METRICS_PORT: '2', LOG_LEVEL: 'warn', DB_POOL_SIZE: '3', SIGNUP_CREDITS: '4' }
  const plain = { port: 1, metricsPort: 2, logLevel: 'warn', poolSize: 3, signUpCredits: 4 }
  expect(readSettings(environment)).toMatchObject(plain)
  const properties = allSettings.flatMap(({ property }) => property ?? [])
  expect(new Set(properties).size).toBe(properties.length)
  for (const property of properties) expect(readSettings({})).toHaveProperty(property)
})
