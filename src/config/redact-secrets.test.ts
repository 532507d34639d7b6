import { expect, test } from 'vitest'
import type { Environment } from './env.ts'
import { secretRedactor } from './redact-secrets.ts'
import { allSettings } from './settings.ts'

test.each<[string, Environment, string, string]>([
  ['a whole value', { R2_SECRET_ACCESS_KEY: 'secret-one' }, 'the key secret-one failed', 'the key [secret] failed'],
  ['a short one', { R2_SECRET_ACCESS_KEY: 'abc' }, 'the key "abc"', 'the key "[secret]"'],
  ['every occurrence', { CRON_SECRET: 'secret-one' }, 'secret-one, secret-one', '[secret], [secret]'],
  ['an entry of a list', { EMAIL_ENC_KEY: 'newest-key, older-key' }, 'older-key', '[secret]'],
  ['the longer of two', { EMAIL_ENC_KEY: 'secret,secret-long' }, 'is secret-long', 'is [secret]'],
  ['the password of a URL', { DATABASE_URL: 'postgres://pacer:p%40ssword@db/pacer' }, 'not p%40ssword', 'not [secret]'],
  ['a decoded password', { DIRECT_URL: 'postgres://pacer:p%40ssword@db/pacer' }, 'not p@ssword', 'not [secret]'],
  [
    'the value of a header',
    { OTEL_EXPORTER_OTLP_HEADERS: 'a=b,x-key=first%0Asecond' },
    '"first\nsecond"',
    '"[secret]"',
  ],
  ['characters with a meaning in patterns', { CRON_SECRET: 'a.b*c(d' }, 'a.b*c(d', '[secret]'],
])('removes %s', (_about, environment, text, expected) => {
  expect(secretRedactor(environment)(text)).toBe(expected)
})

test('leaves everything else', () => {
  const text = 'pacer at db:5432 requires host and R2_BUCKET_NAME=uploads'
  const environment = {
    DATABASE_URL: 'postgres://pacer:password@db:5432/pacer?sslmode=require',
    R2_BUCKET_NAME: 'uploads',
  }
  expect(secretRedactor(environment)(text)).toBe(text)
  expect(secretRedactor({})(text)).toBe(text)
})

test('removes the value of each variable that is marked secret', () => {
  for (const { name, secret } of allSettings) {
    expect(secretRedactor({ [name]: 'the-value' })('it was the-value'), name).toBe(
      secret ? 'it was [secret]' : 'it was the-value',
    )
  }
})
