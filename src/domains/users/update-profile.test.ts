import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { UpdateProfileDocument, type UpdateProfileInput } from '../../../operations/typed-operations.ts'
import { developmentIdentity } from '../../dev/identity.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { sendClerkEvent, workOffEvents } from '../../testing/clerk-events.ts'
import { type ClerkStandIn, clerkPerson, startClerk } from '../../testing/vendors.ts'

let clerk: ClerkStandIn
/** With a secret key: names are Clerk's. */
let app: TestApp
/** Without one: names are the row's. */
let alone: TestApp
beforeAll(async () => {
  clerk = await startClerk()
  const identity = await developmentIdentity(inject('dataDir'))
  alone = await startTestApp()
  app = await startTestApp({
    config: { clerk: { ...alone.app.config.clerk, ...identity, secretKey: 'sk_test_secret', apiUrl: clerk.url } },
  })
})
afterEach(() => {
  clerk.trouble = null
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await alone[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

async function update(at: TestApp, email: string, input: UpdateProfileInput) {
  const answer = await at.run(email, UpdateProfileDocument, { input })
  expect(answer.errors).toBeUndefined()
  return answer.data.updateProfile
}

async function knownToClerk(email: string, changes: object = {}): Promise<string> {
  const id = decodeJwt(await app.token(email)).sub ?? ''
  clerk.people.set(id, clerkPerson(id, { ...changes }))
  return id
}

describe('a field left out stays, null clears', () => {
  test.each<[string, UpdateProfileInput, object]>([
    ['nothing', {}, {}],
    ['a name', { firstName: ' Mina ' }, { firstName: 'Mina', name: 'Mina Brown' }],
    ['the other name', { lastName: '김' }, { lastName: '김', name: 'Ada 김' }],
    ['a name to null', { firstName: null }, { firstName: null, name: 'Brown' }],
    ['a name to nothing', { lastName: '  ' }, { lastName: null, name: 'Ada' }],
    ['the time zone, however it is written', { timeZone: 'asia/seoul' }, { timeZone: 'Asia/Seoul' }],
    ['the locale, however it is written', { locale: 'pt-br' }, { locale: 'pt-BR' }],
    ['the time zone to null', { timeZone: null }, { timeZone: 'UTC' }],
    ['the locale to null', { locale: null }, { locale: 'en' }],
  ])('%s', async (about, input, changed) => {
    const email = `ada.brown+${about.replaceAll(/\W/g, '')}@example.com`
    await update(alone, email, { timeZone: 'Europe/Berlin', locale: 'de' })
    const before = { firstName: 'Ada', lastName: 'Brown', name: 'Ada Brown', timeZone: 'Europe/Berlin', locale: 'de' }
    expect(await update(alone, email, input)).toMatchObject({
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
  ['timeZone', { timeZone: '+09:00' }],
  ['timeZone', { timeZone: '' }],
  ['timeZone', { timeZone: `${'x'.repeat(1_000)}/y` }],
  ['locale', { locale: 'not a locale' }],
  ['locale', { locale: '' }],
])('%s does not take %j, and nothing else is changed with it', async (field, input) => {
  const email = 'ada.brown@example.com'
  expect(await update(alone, email, { locale: 'fr', firstName: 'Changed', ...input })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['input', field] }],
  })
  const { data } = await alone.query(email, '{ me { firstName locale } }')
  expect(data).toEqual({ me: { firstName: 'Ada', locale: 'en' } })
})

describe('names are changed at Clerk', () => {
  test('only those that were given, and the next webhook does not undo them', async () => {
    const email = 'names@example.com'
    const id = await knownToClerk(email, { first_name: 'Before', last_name: 'Stays', updated_at: 1_700_000_000_000 })
    await app.query(email, '{ me { id } }')
    const told = clerk.people.get(id)
    expect(await update(app, email, { firstName: 'After', timeZone: 'Asia/Seoul' })).toMatchObject({
      user: { firstName: 'After', lastName: 'Stays', timeZone: 'Asia/Seoul' },
    })
    expect(clerk.people.get(id)).toMatchObject({ first_name: 'After', last_name: 'Stays' })
    // An event of before arrives after.
    await sendClerkEvent(app, { type: 'user.updated', data: told ?? {} })
    await workOffEvents(app)
    const { data } = await app.query(email, '{ me { firstName timeZone } }')
    expect(data).toEqual({ me: { firstName: 'After', timeZone: 'Asia/Seoul' } })
  })

  test('a cleared name is cleared there', async () => {
    const email = 'cleared@example.com'
    const id = await knownToClerk(email, { first_name: 'Mina', last_name: 'Kim' })
    await app.query(email, '{ me { id } }')
    expect(await update(app, email, { lastName: null })).toMatchObject({ user: { firstName: 'Mina', lastName: null } })
    expect((clerk.people.get(id) as { last_name: string | null }).last_name || null).toBeNull()
  })

  test('what is not a name does not go there', async () => {
    const email = 'zone@example.com'
    await knownToClerk(email)
    await app.query(email, '{ me { id } }')
    clerk.trouble = { status: 500 }
    expect(await update(app, email, { timeZone: 'Asia/Seoul' })).toMatchObject({ user: { timeZone: 'Asia/Seoul' } })
  })

  test.each([
    ['an error of its own', { status: 500 }, null],
    ['too many requests', { status: 429, headers: { 'retry-after': '30' } }, expect.any(String)],
  ])('while it answers %s, nothing is changed, and the error says so', async (about, trouble, retryAt) => {
    const email = `${about.replaceAll(' ', '-')}@example.com`
    await knownToClerk(email, { first_name: 'Mina' })
    await app.query(email, '{ me { id } }')
    clerk.trouble = trouble
    const failed = { __typename: 'ProviderUnavailableError', code: 'PROVIDER_UNAVAILABLE', retryAt }
    expect(await update(app, email, { firstName: 'Jun', timeZone: 'Asia/Seoul' })).toMatchObject(failed)
    const { data } = await app.query(email, '{ me { firstName timeZone } }')
    expect(data).toEqual({ me: { firstName: 'Mina', timeZone: 'UTC' } })
  })

  test('what it does not take is said to the person', async () => {
    const email = 'refused@example.com'
    await knownToClerk(email, { first_name: 'Mina' })
    await app.query(email, '{ me { id } }')
    const errors = [
      { code: 'form_param_format_invalid', message: 'is invalid', long_message: 'This name is not allowed.' },
    ]
    clerk.trouble = { status: 422, body: JSON.stringify({ errors }) }
    expect(await update(app, email, { firstName: 'Admin' })).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringContaining('This name is not allowed.'),
    })
  })

  test('somebody whom it no longer has is refused', async () => {
    const email = 'vanished@example.com'
    const id = await knownToClerk(email)
    await app.query(email, '{ me { id } }')
    clerk.people.delete(id)
    const { errors } = await app.run(email, UpdateProfileDocument, { input: { firstName: 'Mina' } })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

test('nobody who is not signed in changes anything', async () => {
  const { errors } = await app.run(null, UpdateProfileDocument, { input: { firstName: 'Mina' } })
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
})
