import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeleteActivityDocument } from '../../operations/typed-operations.ts'
import type { Activity, User } from '../generated/prisma/client.ts'
import { type Answer, startTestApp, type TestApp } from '../testing/app.ts'
import { createActivity, createUser } from '../testing/factories.ts'
import { toGlobalId } from './ids.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

interface OwnedObjects {
  readonly user: User
  readonly activity: Activity
  readonly ids: { readonly user: string; readonly activity: string; readonly upload: string }
}

let app: TestApp
let alices: OwnedObjects
let bobs: OwnedObjects
beforeAll(async () => {
  app = await startTestApp()
  const createObjects = async (email: string) => {
    const user = await createUser(app, email)
    const activity = await createActivity(app, user, { hasUpload: true })
    const upload = toGlobalId('Upload', activity.uploadId ?? '')
    return {
      user,
      activity,
      ids: { user: toGlobalId('User', user.id), activity: toGlobalId('Activity', activity.id), upload },
    }
  }
  alices = await createObjects(alice)
  bobs = await createObjects(bob)
})
afterAll(() => app[Symbol.asyncDispose]())

interface Node {
  readonly __typename: string
  readonly id: string
}

const node = (as: string | null, id: unknown) =>
  app.query(as, 'query ($id: ID!) { node(id: $id) { __typename id } }', { id }) as Promise<
    Answer<{ node: Node | null } | null>
  >

const nodes = (as: string | null, ids: unknown) =>
  app.query(as, 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', { ids }) as Promise<
    Answer<{ nodes: (Node | null)[] } | null>
  >

const raw = (text: string) => Buffer.from(text).toString('base64')
const unknownId = uuidv7()

/** Well-formed IDs of objects that do not exist. */
const missing: readonly [string, string][] = [
  ['an activity that does not exist', toGlobalId('Activity', unknownId)],
  ['an upload that does not exist', toGlobalId('Upload', unknownId)],
  ['a user who does not exist', toGlobalId('User', unknownId)],
  ['an unknown type', toGlobalId('Spaceship', unknownId)],
  ['a type without IDs', toGlobalId('Query', unknownId)],
  ['an interface', toGlobalId('Node', unknownId)],
  ['an enum', toGlobalId('Sport', unknownId)],
  ['a union', toGlobalId('UpdateActivityResult', unknownId)],
  ['a database model', toGlobalId('ActivityLap', unknownId)],
  ['a type name with NUL', raw(`Activity\0:${unknownId}`)],
  ['a property of Object.prototype', raw(`__proto__:${unknownId}`)],
  ['a type name in lower case', raw(`activity:${unknownId}`)],
]

/** IDs that the server never returns. */
const malformed: readonly [string, string][] = [
  ['an empty string', ''],
  ['a bare UUID', unknownId],
  ['invalid Base64', '*** ***'],
  ['NUL', '\0'],
  ['a lone surrogate', '\ud800'],
  ['NUL inside', raw(`Activity:${unknownId}\0`)],
  ['an ID that is not a UUID', raw('Activity:1')],
  ['the same bytes without padding', toGlobalId('Upload', unknownId).replaceAll('=', '')],
  ['SQL', raw("Activity:' OR 1=1 --")],
  ['a UUID in upper case', raw(`Activity:${unknownId.toUpperCase()}`)],
  ['a trailing line break', raw(`Activity:${unknownId}\n`)],
  ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')],
  ['a very long string', 'A'.repeat(100_000)],
]

describe('node', () => {
  test('returns own objects', async () => {
    const { ids } = alices
    expect((await node(alice, ids.activity)).data).toEqual({ node: { __typename: 'Activity', id: ids.activity } })
    expect((await node(alice, ids.upload)).data).toEqual({ node: { __typename: 'Upload', id: ids.upload } })
    expect((await node(alice, ids.user)).data).toEqual({ node: { __typename: 'User', id: ids.user } })
  })

  test('returns null for objects of another user', async () => {
    for (const id of Object.values(bobs.ids)) {
      const { data, errors } = await node(alice, id)
      expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
      expect((await node(bob, id)).data?.node?.id).toBe(id)
    }
  })

  test('returns null for deleted objects', async () => {
    const activity = await createActivity(app, alices.user, { hasUpload: true })
    const activityId = toGlobalId('Activity', activity.id)
    const uploadId = toGlobalId('Upload', activity.uploadId ?? '')
    expect((await node(alice, uploadId)).data?.node?.id).toBe(uploadId)
    await app.run(alice, DeleteActivityDocument, { input: { activityId } })
    for (const id of [activityId, uploadId]) {
      const { data, errors } = await node(alice, id)
      expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
    }
  })

  test.each(missing)('returns null for %s', async (_, id) => {
    const { data, errors } = await node(alice, id)
    expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
  })

  test.each(malformed)('rejects %s as an ID', async (_, id) => {
    expect((await node(alice, id)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test.each([[null], [{}], [[1, 2]], [true], [1.5]])('rejects a value that is not a string: %j', async (id) => {
    expect((await node(alice, id)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('requires authentication', async () => {
    const { data, errors } = await node(null, alices.ids.activity)
    expect(data).toEqual({ node: null })
    expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

describe('nodes', () => {
  test('returns own objects in the order of the IDs, and null for all others', async () => {
    const { ids } = alices
    const second = toGlobalId('Activity', (await createActivity(app, alices.user)).id)
    const requested = [
      second,
      bobs.ids.activity,
      ids.upload,
      ...missing.map(([, id]) => id),
      ids.activity,
      bobs.ids.user,
      ids.user,
      second,
      bobs.ids.upload,
    ]
    const { data, errors } = await nodes(alice, requested)
    expect(errors).toBeUndefined()
    const mine: string[] = [second, ids.upload, ids.activity, ids.user]
    expect(data?.nodes.map((found) => found?.id ?? null)).toEqual(
      requested.map((id) => (mine.includes(id) ? id : null)),
    )
  })

  test('returns an empty list for no IDs', async () => {
    expect((await nodes(alice, [])).data).toEqual({ nodes: [] })
  })

  test('accepts 100 IDs and rejects 101', async () => {
    const { ids } = alices
    const hundred = Array<string>(100).fill(ids.activity)
    expect((await nodes(alice, hundred)).data?.nodes.map((found) => found?.id)).toEqual(hundred)
    expect((await nodes(alice, [...hundred, ids.activity])).errors).toMatchObject([
      { path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test.each(malformed)('returns null for %s as one of several IDs, and the others', async (_, id) => {
    const { ids } = alices
    const { data, errors } = await nodes(alice, [ids.activity, id, ids.user])
    expect(errors).toBeUndefined()
    expect(data?.nodes.map((found) => found?.id ?? null)).toEqual([ids.activity, null, ids.user])
  })

  test('requires authentication', async () => {
    const { data, errors } = await nodes(null, [alices.ids.activity])
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'UNAUTHENTICATED' } }])
  })
})
