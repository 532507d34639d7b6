import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { allSettings } from '../src/config/settings.ts'
import { missingNames, problemsOf, unknownNames, variablesIn } from './deploy-variables.ts'

const read = (path: string) => readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

describe('a misspelt variable is reported', () => {
  test.each([
    ['ops/deploy/render.yaml', 'key: DATABASE_URL', 'key: DATABSE_URL', 'DATABSE_URL'],
    ['ops/deploy/fly.toml', "PORT = '4000'", "PROT = '4000'", 'PROT'],
    ['ops/deploy/google-cloud/service.yaml', 'name: HOST,', 'name: HOSTS,', 'HOSTS'],
    ['ops/deploy/vps/compose.yml', 'PORT: 4000', 'PROT: 4000', 'PROT'],
    ['ops/deploy/vps/pacer.env.example', 'CORS_ORIGINS=', 'CORS_ORIGIN=', 'CORS_ORIGIN'],
  ])('in %s', async (path, correct, wrong, name) => {
    const text = await read(path)
    expect(problemsOf({ path, text })).toEqual([])
    expect(text).toContain(correct)
    expect(problemsOf({ path, text: text.replace(correct, wrong) })).toEqual([`${name} is not a setting.`])
  })

  test('in a script, a comment or a page, with its line', () => {
    const text =
      'Set `DATABASE_URL` and `R2_BUCKET`,\n# and not R2_BUCKETNAME. x-request-id, GET, UTF-8, sha256:AB_CD-1'
    expect(unknownNames({ path: 'docs/deploy/x.md', text })).toEqual([
      { name: 'R2_BUCKET', line: 1 },
      { name: 'R2_BUCKETNAME', line: 2 },
    ])
  })
})

test('a file that cannot be read is an error', () => {
  expect(() => variablesIn({ path: 'railway.json', text: '{' })).toThrow()
  expect(() => variablesIn({ path: 'fly.toml', text: '[env' })).toThrow()
  expect(() => variablesIn({ path: 'render.yaml', text: 'a: [' })).toThrow()
})

test('a secret in a file is reported, a reference to it is not', () => {
  const ofValue = (value: string) => problemsOf({ path: 'fly.toml', text: `[env]\nCRON_SECRET = '${value}'` })
  expect(ofValue('0123456789abcdef0123456789abcdef')).toEqual([
    'CRON_SECRET is secret: its value must not be in the file.',
  ])
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
  expect(ofValue('${CRON_SECRET}')).toEqual([])
})

test('required settings that no file of a host names are reported; an alias counts', () => {
  const required = allSettings.filter(({ requiredInProduction }) => requiredInProduction).map(({ name }) => name)
  const all = { path: 'a.md', text: required.join('\n') }
  expect(missingNames([all])).toEqual([])
  expect(missingNames([{ ...all, text: all.text.replace('CORS_ORIGINS', 'ALLOWED_ORIGINS') }])).toEqual([])
  expect(missingNames([{ ...all, text: all.text.replace('EMAIL_ENC_KEY', 'EMAIL_ENC_KEYS') }])).toEqual([
    'EMAIL_ENC_KEY',
  ])
})
