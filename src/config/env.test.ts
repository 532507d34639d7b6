import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canonical, type Environment } from './env.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-env-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The environment that a program reads in a folder with this `.env`. */
async function readIn(file: string | null, environment: Record<string, string>): Promise<Environment> {
  const place = await mkdtemp(join(folder, 'run-'))
  if (file !== null) await writeFile(join(place, '.env'), file)
  const program = fileURLToPath(new URL('./env.ts', import.meta.url))
  const script = `import { readEnvironment } from ${JSON.stringify(program)}
    console.log(JSON.stringify(readEnvironment()))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: place,
    env: environment,
  })
  return JSON.parse(stdout)
}

test('a canonical name overrides its aliases, and an alias is read where it is not set', () => {
  expect(canonical({ R2_ACCESS_KEY_ID: 'a', R2_ACCESS_KEY: 'b', R2_SECRET_KEY: 'c' })).toEqual({
    R2_ACCESS_KEY_ID: 'a',
    R2_SECRET_ACCESS_KEY: 'c',
  })
  expect(
    canonical({ ENV: 'production', ALLOWED_ORIGINS: 'https://a.example', DOMAIN_BASE_URL: 'https://b.example' }),
  ).toEqual({
    NODE_ENV: 'production',
    CORS_ORIGINS: 'https://a.example',
    PUBLIC_URL: 'https://b.example',
  })
})

test('whitespace around a value is removed, an empty value is not set, and unknown variables are left out', () => {
  expect(
    canonical({ PORT: ' 4000 ', HOST: '', DATABASE_URL: '  ', R2_ACCESS_KEY_ID: '', R2_ACCESS_KEY: 'b', PATH: '/bin' }),
  ).toEqual({
    PORT: '4000',
    R2_ACCESS_KEY_ID: 'b',
  })
})

test('one pair of quotes around a value is removed, as `docker run --env-file` keeps them', () => {
  expect(
    canonical({ PORT: '"4000"', HOST: "' 0.0.0.0 '", LOG_LEVEL: '""', DATA_DIR: '"a', OTEL_SERVICE_NAME: '"\'x\'"' }),
  ).toEqual({
    PORT: '4000',
    HOST: '0.0.0.0',
    DATA_DIR: '"a',
    OTEL_SERVICE_NAME: "'x'",
  })
})

test('.env supplies the variables that are not set under any of their names', async () => {
  const file = [
    '# a comment',
    'PORT=1111',
    'HOST=0.0.0.0',
    'NODE_ENV=development',
    'LOG_LEVEL=debug',
    'CLERK_JWT_KEY="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"',
    'SOMETHING_ELSE=1',
  ].join('\n')
  expect(await readIn(file, { PORT: '2222', ENV: 'production', LOG_LEVEL: '' })).toEqual({
    PORT: '2222',
    HOST: '0.0.0.0',
    NODE_ENV: 'production',
    LOG_LEVEL: 'debug',
    CLERK_JWT_KEY: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  })
})

test('.env may be missing', async () => {
  expect(await readIn(null, { PORT: '2222' })).toEqual({ PORT: '2222' })
})
