import { afterAll, beforeAll, expect, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import type { ClerkConfig } from '../../config/config.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createUser } from '../../testing/factories.ts'
import { identityKey, signSessionToken } from '../../testing/session-tokens.ts'

const rename = 'mutation Rename { updateProfile(input: { lastName: "Changed" }) { __typename } }'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

function appWith(impersonation: ClerkConfig['impersonation']): Promise<TestApp> {
  const clerk = { ...app.app.config.clerk, impersonation }
  return startTestApp({ databaseUrl: app.databaseUrl, config: { clerk } })
}

/** A user, and a token with which an operator impersonates the user. */
async function impersonated(email: string) {
  const user = await createUser(app, email)
  const { issuer, authorizedParties } = app.app.config.clerk
  const act = { iss: 'https://dashboard.clerk.com', sub: 'user_operator', sid: 'sess_operator' }
  const claims = { iss: issuer, azp: authorizedParties[0], sub: user.clerkId, act }
  return { user, token: await signSessionToken({ privateKey: identityKey(), claims }) }
}

async function send({ url }: TestApp, token: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, requestId: response.headers.get('x-request-id'), body: await response.json() }
}

const recordsOf = (subjectId: string) =>
  app.app.db.prisma.auditEntry.findMany({ where: { subjectId }, orderBy: { id: 'asc' } })
const lastNameOf = async (id: string) => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { id } })).lastName

test('by default an impersonated session reads, and each operation is recorded in the audit log', async () => {
  const { user, token } = await impersonated('read.only@example.com')
  const answer = await send(app, token, 'query Look { me { email } }')
  expect(answer).toMatchObject({ status: 200, body: { data: { me: { email: 'read.only@example.com' } } } })
  const record = { actorId: null, actorClerkId: 'user_operator', subjectId: user.id }
  const first = { ...record, action: 'impersonation.query', operation: 'Look { me }', requestId: answer.requestId }
  expect(await recordsOf(user.id)).toMatchObject([first])

  const stream = await openStream(app, token, CreditBalanceChangedDocument, {})
  await stream.next()
  expect(await recordsOf(user.id)).toMatchObject([first, { ...record, action: 'impersonation.subscription' }])
  await stream.return()
})

test('by default a mutation of an impersonated session is refused, and changes nothing', async () => {
  const { user, token } = await impersonated('refused@example.com')
  const answer = await send(app, token, rename)
  expect(answer).toMatchObject({ status: 403, body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } })
  expect(await lastNameOf(user.id)).toBeNull()
})

test('CLERK_IMPERSONATION=write allows mutations, which are recorded', async () => {
  await using writing = await appWith('write')
  const { user, token } = await impersonated('written@example.com')
  expect((await send(writing, token, rename)).body).toMatchObject({
    data: { updateProfile: { __typename: 'UpdateProfilePayload' } },
  })
  expect(await lastNameOf(user.id)).toBe('Changed')
  expect(await recordsOf(user.id)).toMatchObject([
    { actorClerkId: 'user_operator', action: 'impersonation.mutation', operation: 'Rename { updateProfile }' },
  ])
})

test('CLERK_IMPERSONATION=refuse refuses the token', async () => {
  await using refusing = await appWith('refuse')
  const { user, token } = await impersonated('nobody.else@example.com')
  expect((await send(refusing, token, '{ me { id } }')).status).toBe(401)
  expect(await recordsOf(user.id)).toEqual([])
})

test('nothing is read without a record', async () => {
  const { token } = await impersonated('unrecorded@example.com')
  await app.owner.query('ALTER TABLE audit_log ADD CONSTRAINT none CHECK (false) NOT VALID')
  try {
    const answer = await send(app, token, '{ me { email } }')
    expect(answer).toMatchObject({ body: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } })
    expect(JSON.stringify(answer.body)).not.toContain('unrecorded@example.com')
  } finally {
    await app.owner.query('ALTER TABLE audit_log DROP CONSTRAINT none')
  }
})

test('the user leaves no record', async () => {
  const user = await createUser(app, 'own@example.com')
  expect((await app.query('own@example.com', '{ me { id } }')).status).toBe(200)
  expect(await recordsOf(user.id)).toEqual([])
})
