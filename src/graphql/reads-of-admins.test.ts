import { isObjectType } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { domains } from '../app/domains.ts'
import { buildSchema } from '../app/graphql/build-schema.ts'
import { grant } from '../domains/credits/index.ts'
import type { User } from '../generated/prisma/client.ts'
import { optionsOf } from '../platform/compat/pothos.ts'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createActivity, createNotification, createPushDevice, createUser, createVideo } from '../testing/factories.ts'
import { createSubscription } from '../testing/subscriptions.ts'
import { toGlobalId } from './ids.ts'

const schema = buildSchema(domains)

const boss = 'boss@example.com'
const ada = 'ada@example.com'

let app: TestApp
let admin: User
let person: User
let ids: { readonly User: string; readonly Activity: string; readonly Upload: string } & Record<string, string>
beforeAll(async () => {
  app = await startTestApp()
  const { db } = app.app
  admin = await createUser(app, boss, { role: 'ADMIN' })
  person = await createUser(app, ada, { firstName: 'Ada' })
  const { id: userId } = person
  const activity = await createActivity(app, person, { hasUpload: true, title: 'Morning run' })
  const gift = { amount: 7, source: 'GIFTS', key: 'one', description: 'A gift' } as const
  const transaction = await db.transaction((tx) => grant(tx, { userId, ...gift, now: app.now }))
  const dataExport = await db.prisma.dataExport.create({
    data: {
      id: activity.id,
      userId,
      status: 'READY',
      createdAt: app.now,
      expiresAt: new Date(app.now.getTime() + 1e8),
    },
  })
  const subscription = await createSubscription(app, person)
  const checkout = await db.prisma.checkout.create({
    data: {
      id: activity.id,
      userId,
      productKey: 'plus-monthly',
      status: 'READY',
      createdAt: app.now,
      expiresAt: new Date(app.now.getTime() + 1e8),
    },
  })
  const video = await createVideo(app, person)
  const notification = await createNotification(app, person)
  const device = await createPushDevice(app, person)
  ids = {
    User: toGlobalId('User', userId),
    Activity: toGlobalId('Activity', activity.id),
    Upload: toGlobalId('Upload', activity.uploadId ?? ''),
    CreditTransaction: toGlobalId('CreditTransaction', transaction.id),
    DataExport: toGlobalId('DataExport', dataExport.id),
    PlanSubscription: toGlobalId('PlanSubscription', subscription.id),
    Checkout: toGlobalId('Checkout', checkout.id),
    Video: toGlobalId('Video', video.id),
    Notification: toGlobalId('Notification', notification.id),
    PushDevice: toGlobalId('PushDevice', device.id),
  }
})
afterAll(() => app[Symbol.asyncDispose]())

let lastRecordId: string
beforeEach(async () => {
  lastRecordId = (await app.app.db.prisma.auditEntry.findFirst({ orderBy: { id: 'desc' } }))?.id ?? admin.id
})
const records = () =>
  app.app.db.prisma.auditEntry.findMany({ where: { id: { gt: lastRecordId } }, orderBy: { id: 'asc' } })

const whole = `query Help($id: ID!) { node(id: $id) { ... on User {
  firstName email creditBalance
  activities { totalCount edges { node { title } } }
  creditTransactions { edges { node { amount } } }
  uploads { edges { node { filename download { url } } } }
  dataExports { edges { node { status download { url } } } }
} } }`

describe('every type of node', () => {
  const nodes = schema.getPossibleTypes(schema.getType('Node') as never).filter(isObjectType)

  test.each(nodes.map((type) => [type.name, type] as const))('%s has an authorization scope', (name, type) => {
    expect(
      optionsOf(type).authScopes,
      `${name} has no scope: add \`...ownedByUser\` (graphql/owned.ts) to its node.`,
    ).toBeDefined()
    expect(Object.keys(ids), `Create a ${name} of ada above, so that its reads are tested.`).toContain(name)
  })

  test.each(nodes.map(({ name }) => name))(
    'admins can read a %s of another user, and the read is recorded',
    async (name) => {
      const id = ids[name]
      const answer = await app.query(boss, 'query ($id: ID!) { node(id: $id) { id } }', { id })
      expect(answer).toMatchObject({ data: { node: { id } } })
      expect(answer.errors).toBeUndefined()
      expect(await records()).toMatchObject([
        {
          actorId: admin.id,
          subjectId: person.id,
          action: 'person.read',
          operation: 'query { node }',
          requestId: answer.headers.get('x-request-id'),
        },
      ])
    },
  )

  test.each(nodes.map(({ name }) => name))(
    'a %s returns null for other users, and nothing is recorded',
    async (name) => {
      const { data, errors } = await app.query('eve@example.com', 'query ($id: ID!) { node(id: $id) { id } }', {
        id: ids[name],
      })
      expect([data, errors]).toEqual([{ node: null }, undefined])
      expect(await records()).toEqual([])
    },
  )
})

describe('an admin', () => {
  test('reads all data of a user except files, and is recorded once', async () => {
    expect((await app.query(boss, whole, { id: ids.User })).data).toEqual({
      node: {
        firstName: 'Ada',
        email: ada,
        creditBalance: 7,
        activities: { totalCount: 1, edges: [{ node: { title: 'Morning run' } }] },
        creditTransactions: { edges: [{ node: { amount: 7 } }] },
        uploads: { edges: [{ node: { filename: 'run.fit', download: null } }] },
        dataExports: { edges: [{ node: { status: 'READY', download: null } }] },
      },
    })
    expect(await records()).toMatchObject([{ subjectId: person.id, operation: 'Help { node }' }])
  })

  test('gets download URLs for own files', async () => {
    const { data } = await app.query(ada, whole, { id: ids.User })
    expect(data).toMatchObject({ node: { uploads: { edges: [{ node: { download: { url: expect.any(String) } } }] } } })
    expect(data).toMatchObject({
      node: { dataExports: { edges: [{ node: { download: { url: expect.any(String) } } }] } },
    })
  })

  test('reads several objects in as many statements as one, and each user is recorded once', async () => {
    const other = await createUser(app, 'other@example.com')
    const activity = toGlobalId('Activity', (await createActivity(app, other)).id)
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Activity { title } } }'
    const requested = [ids.Activity, activity, toGlobalId('Activity', admin.id), ids.Activity]
    app.takeStatements()
    const { data } = await app.query(boss, source, { ids: requested })
    expect(app.takeStatements()).toHaveLength(3)
    expect(data).toMatchObject({ nodes: [{ id: ids.Activity }, { id: activity }, null, { id: ids.Activity }] })
    const subjects = (await records()).map(({ subjectId }) => subjectId)
    expect(subjects.toSorted()).toEqual([person.id, other.id].toSorted())
  })

  test('reads several users in as many statements as one', async () => {
    const others = await Promise.all([1, 2, 3].map((n) => createUser(app, `many.${n}@example.com`)))
    const requested = others.map(({ id }) => toGlobalId('User', id))
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { email activities { totalCount } } } }'
    app.takeStatements()
    const { data } = await app.query(boss, source, { ids: requested })
    expect(data).toMatchObject({ nodes: requested.map((id) => ({ id })) })
    expect(app.takeStatements()).toHaveLength(3)
  })

  test('is recorded for each user on a page of users, even if only cursors are selected', async () => {
    await app.query(boss, '{ users(first: 1, search: "ada") { edges { cursor } } }')
    expect(await records()).toMatchObject([{ subjectId: person.id, operation: 'query { users }' }])
    await app.query(boss, '{ users(first: 0) { totalCount edges { node { email } } } }')
    expect(await records()).toHaveLength(1)
  })

  test('is not recorded for reading their own data', async () => {
    await app.query(boss, '{ me { email creditBalance activities { totalCount } } }')
    await app.query(boss, whole, { id: toGlobalId('User', admin.id) })
    await app.query(boss, '{ users(search: "boss@example.com") { edges { node { email } } } }')
    expect(await records()).toEqual([])
  })

  test('cannot change objects of other users', async () => {
    const { data } = await app.query(
      boss,
      'mutation ($id: ID!) { deleteActivity(input: { activityId: $id }) { __typename } }',
      {
        id: ids.Activity,
      },
    )
    expect(data).toEqual({ deleteActivity: { __typename: 'NotFoundError' } })
    const cancel = 'mutation ($id: ID!) { cancelUpload(input: { uploadId: $id }) { __typename } }'
    expect((await app.query(boss, cancel, { id: ids.Upload })).data).toEqual({
      cancelUpload: { __typename: 'NotFoundError' },
    })
  })

  test('cannot read a user who is being deleted', async () => {
    const leaving = await createUser(app, 'leaving@example.com', { standing: 'DELETING' })
    const { data } = await app.query(boss, whole, { id: toGlobalId('User', leaving.id) })
    expect(data).toEqual({ node: null })
    expect(await records()).toEqual([])
  })

  test('that is named in the configuration can read like one in the database', async () => {
    await using named = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { adminClerkIds: [(await createUser(app, 'named@example.com')).clerkId ?? ''] },
    })
    const answer = await named.query('named@example.com', whole, { id: ids.User })
    expect(answer.data).toMatchObject({ node: { firstName: 'Ada' } })
    expect(await records()).toHaveLength(1)
  })

  test('who loses the role cannot read from the next request on', async () => {
    await createUser(app, 'former@example.com', { role: 'ADMIN', lastName: 'Former' })
    expect((await app.query('former@example.com', whole, { id: ids.User })).data).toMatchObject({ node: {} })
    await app.app.db.prisma.user.updateMany({ where: { lastName: 'Former' }, data: { role: 'USER' } })
    expect((await app.query('former@example.com', whole, { id: ids.User })).data).toEqual({ node: null })
  })
})

describe('if the record cannot be written', () => {
  beforeAll(() => app.owner.query('ALTER TABLE audit_log ADD CONSTRAINT none CHECK (false) NOT VALID'))
  afterAll(() => app.owner.query('ALTER TABLE audit_log DROP CONSTRAINT none'))

  test.each([
    ['node', 'query ($id: ID!) { node(id: $id) { id ... on User { firstName email creditBalance } } }'],
    ['nodes', 'query ($id: ID!) { nodes(ids: [$id]) { id ... on User { firstName } } }'],
    ['users', '{ users(search: "ada") { edges { cursor } } }'],
    [
      'grantCredits',
      `mutation ($id: ID!) { grantCredits(input: { userId: $id, amount: 1, reason: "r", idempotencyKey: "k" }) {
      ... on GrantCreditsPayload { user { firstName email } } } }`,
    ],
  ])('%s returns no data and a masked error', async (_, source) => {
    const { data, errors } = await app.query(boss, source, source.includes('$id') ? { id: ids.User } : {})
    expect(JSON.stringify(data)).not.toMatch(/Ada|ada@|cursor/)
    expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR')
  })

  test('users can still read their own data', async () => {
    expect((await app.query(ada, '{ me { firstName } }')).data).toEqual({ me: { firstName: 'Ada' } })
    expect((await app.query(boss, '{ me { email } }')).data).toEqual({ me: { email: boss } })
  })
})
