import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { UpdateProfileDocument, type UpdateProfileInput } from '../../../../operations/typed-operations.ts'
import { developmentIdentity } from '../../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { clerkUser, type FakeClerk, startClerk } from '../../../testing/clerk.ts'
import { processPendingEvents, sendClerkEvent } from '../../../testing/clerk-events.ts'

let clerk: FakeClerk
/** With a secret key: Clerk owns the names. */
let app: TestApp
/** Without a secret key: the names are only in the row. */
let withoutKey: TestApp
beforeAll(async () => {
  clerk = await startClerk()
  const identity = await developmentIdentity(inject('dataDir'))
  withoutKey = await startTestApp()
  app = await startTestApp({
    config: { clerk: { ...withoutKey.app.config.clerk, ...identity, secretKey: 'sk_test_secret', apiUrl: clerk.url } },
  })
})
afterEach(() => {
  clerk.fault = null
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await withoutKey[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

async function update(at: TestApp, email: string, input: UpdateProfileInput) {
  const answer = await at.run(email, UpdateProfileDocument, { input })
  expect(answer.errors).toBeUndefined()
  return answer.data.updateProfile
}

async function knownToClerk(email: string, changes: object = {}): Promise<string> {
  const id = decodeJwt(await app.token(email)).sub ?? ''
  clerk.users.set(id, clerkUser(id, { ...changes }))
  return id
}

describe('an omitted field is not changed, null clears it', () => {
  test.each<[string, UpdateProfileInput, object]>([
    ['nothing', {}, {}],
    ['a name', { firstName: ' Mina ' }, { firstName: 'Mina', name: 'Mina Brown' }],
    ['the other name', { lastName: '김' }, { lastName: '김', name: 'Ada 김' }],
    ['a name to null', { firstName: null }, { firstName: null, name: 'Brown' }],
    ['a name to blanks', { lastName: '  ' }, { lastName: null, name: 'Ada' }],
    ['the time zone, in any case', { timeZone: 'asia/seoul' }, { timeZone: 'Asia/Seoul' }],
    ['the locale, in any case', { locale: 'pt-br' }, { locale: 'pt-BR' }],
    ['the time zone to null', { timeZone: null }, { timeZone: 'UTC' }],
    ['the locale to null', { locale: null }, { locale: null }],
  ])('%s', async (about, input, changed) => {
    const email = `ada.brown+${about.replaceAll(/\W/g, '')}@example.com`
    await update(withoutKey, email, { timeZone: 'Europe/Berlin', locale: 'de' })
    const before = { firstName: 'Ada', lastName: 'Brown', name: 'Ada Brown', timeZone: 'Europe/Berlin', locale: 'de' }
    expect(await update(withoutKey, email, input)).toMatchObject({
      __typename: 'UpdateProfilePayload',
      user: { ...before, ...changed },
    })
  })
})

test.each<[string, UpdateProfileInput]>([
  ['firstName', { firstName: 'x'.repeat(101) }],
  ['firstName', { firstName: 'Mi\u0000na' }],
  ['lastName', { lastName: '\ud83c' }],
  ['lastName', { lastName: 'a\nb' }],
  ['timeZone', { timeZone: 'Mars/Olympus' }],
  ['timeZone', { timeZone: 'US/Pacific-New' }],
  ['timeZone', { timeZone: '+09:00' }],
  ['timeZone', { timeZone: '' }],
  ['timeZone', { timeZone: `${'x'.repeat(1_000)}/y` }],
  ['locale', { locale: 'not a locale' }],
  ['locale', { locale: '' }],
])('%s rejects %j, and no other field is changed', async (field, input) => {
  const email = 'ada.brown@example.com'
  expect(await update(withoutKey, email, { locale: 'fr', firstName: 'Changed', ...input })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['input', field] }],
  })
  const { data } = await withoutKey.query(email, '{ me { firstName locale } }')
  expect(data).toEqual({ me: { firstName: 'Ada', locale: null } })
})

test('the problems of all fields are listed', async () => {
  const input = { firstName: 'x'.repeat(101), lastName: 'a\nb', timeZone: 'Mars/Olympus', locale: 'not a locale' }
  const problems = ['firstName', 'lastName', 'timeZone', 'locale'].map((field) => ({ path: ['input', field] }))
  expect(await update(withoutKey, 'ada.brown@example.com', input)).toMatchObject({ issues: problems })
})

describe('with a secret key, names are changed in Clerk', () => {
  test('an omitted name is not changed, and a late webhook does not undo the change', async () => {
    const email = 'names@example.com'
    const id = await knownToClerk(email, { first_name: 'Before', last_name: 'Stays', updated_at: 1_700_000_000_000 })
    await app.query(email, '{ me { id } }')
    const before = clerk.users.get(id)
    expect(await update(app, email, { firstName: 'After', timeZone: 'Asia/Seoul' })).toMatchObject({
      user: { firstName: 'After', lastName: 'Stays', timeZone: 'Asia/Seoul' },
    })
    expect(clerk.users.get(id)).toMatchObject({ first_name: 'After', last_name: 'Stays' })
    // The event of the earlier state is received after the change.
    await sendClerkEvent(app, { type: 'user.updated', data: before ?? {} })
    await processPendingEvents(app)
    const { data } = await app.query(email, '{ me { firstName timeZone } }')
    expect(data).toEqual({ me: { firstName: 'After', timeZone: 'Asia/Seoul' } })
  })

  test('null clears the name in Clerk', async () => {
    const email = 'cleared@example.com'
    const id = await knownToClerk(email, { first_name: 'Mina', last_name: 'Kim' })
    await app.query(email, '{ me { id } }')
    expect(await update(app, email, { lastName: null })).toMatchObject({ user: { firstName: 'Mina', lastName: null } })
    expect((clerk.users.get(id) as { last_name: string | null }).last_name || null).toBeNull()
  })

  test('fields other than names send no request to Clerk', async () => {
    const email = 'zone@example.com'
    await knownToClerk(email)
    await app.query(email, '{ me { id } }')
    clerk.fault = { status: 500 }
    expect(await update(app, email, { timeZone: 'Asia/Seoul' })).toMatchObject({ user: { timeZone: 'Asia/Seoul' } })
  })

  test.each([
    ['an internal error', { status: 500 }, null],
    ['too many requests', { status: 429, headers: { 'retry-after': '30' } }, expect.any(String)],
  ])(
    'if Clerk returns %s, nothing is changed and ProviderUnavailableError is returned',
    async (about, fault, retryAt) => {
      const email = `${about.replaceAll(' ', '-')}@example.com`
      await knownToClerk(email, { first_name: 'Mina' })
      await app.query(email, '{ me { id } }')
      clerk.fault = fault
      const failed = { __typename: 'ProviderUnavailableError', code: 'PROVIDER_UNAVAILABLE', retryAt }
      expect(await update(app, email, { firstName: 'Jun', timeZone: 'Asia/Seoul' })).toMatchObject(failed)
      const { data } = await app.query(email, '{ me { firstName timeZone } }')
      expect(data).toEqual({ me: { firstName: 'Mina', timeZone: 'UTC' } })
    },
  )

  test('if Clerk rejects the name, the error contains its message', async () => {
    const email = 'refused@example.com'
    await knownToClerk(email, { first_name: 'Mina' })
    await app.query(email, '{ me { id } }')
    const errors = [
      { code: 'form_param_format_invalid', message: 'is invalid', long_message: 'This name is not allowed.' },
    ]
    clerk.fault = { status: 422, body: JSON.stringify({ errors }) }
    expect(await update(app, email, { firstName: 'Admin' })).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringContaining('This name is not allowed.'),
    })
  })

  test('a user whom Clerk no longer has is refused', async () => {
    const email = 'vanished@example.com'
    const id = await knownToClerk(email)
    await app.query(email, '{ me { id } }')
    clerk.users.delete(id)
    const { errors } = await app.run(email, UpdateProfileDocument, { input: { firstName: 'Mina' } })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

test('a request without a token returns UNAUTHENTICATED', async () => {
  const { errors } = await app.run(null, UpdateProfileDocument, { input: { firstName: 'Mina' } })
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
})
