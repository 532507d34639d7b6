import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeleteActivityDocument } from '../../operations/typed-operations.ts'
import type { Activity, User } from '../generated/prisma/client.ts'
import { type Answer, startTestApp, type TestApp } from '../testing/app.ts'
import { createActivity, createPerson } from '../testing/factories.ts'
import { toGlobalId } from './ids.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'

interface Belongings {
  readonly user: User
  readonly activity: Activity
  readonly ids: { readonly user: string; readonly activity: string; readonly upload: string }
}

let app: TestApp
let alices: Belongings
let bobs: Belongings
beforeAll(async () => {
  app = await startTestApp()
  const belongings = async (email: string) => {
    const user = await createPerson(app, email)
    const activity = await createActivity(app, user, { hasUpload: true })
    const upload = toGlobalId('Upload', activity.uploadId ?? '')
    return {
      user,
      activity,
      ids: { user: toGlobalId('User', user.id), activity: toGlobalId('Activity', activity.id), upload },
    }
  }
  alices = await belongings(alice)
  bobs = await belongings(bob)
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
const nobody = uuidv7()

/** Well-formed ids of nothing that is there. */
const ofNothing: readonly [string, string][] = [
  ['an activity that never was', toGlobalId('Activity', nobody)],
  ['an upload that never was', toGlobalId('Upload', nobody)],
  ['a person who never was', toGlobalId('User', nobody)],
  ['a type that is none', toGlobalId('Spaceship', nobody)],
  ['a type without ids', toGlobalId('Query', nobody)],
  ['an interface', toGlobalId('Node', nobody)],
  ['an enum', toGlobalId('Sport', nobody)],
  ['a union', toGlobalId('UpdateActivityResult', nobody)],
  ['a model of the database', toGlobalId('ActivityLap', nobody)],
  ['a type with NUL', raw(`Activity\0:${nobody}`)],
  ['a property of every object', raw(`__proto__:${nobody}`)],
  ['a type in small letters', raw(`activity:${nobody}`)],
]

/** What we never gave out. */
const broken: readonly [string, string][] = [
  ['nothing', ''],
  ['a bare UUID', nobody],
  ['no base64', '*** ***'],
  ['NUL', '\0'],
  ['a lone surrogate', '\ud800'],
  ['NUL within', raw(`Activity:${nobody}\0`)],
  ['an id that is none', raw('Activity:1')],
  ['another spelling of the same', toGlobalId('Upload', nobody).replaceAll('=', '')],
  ['SQL', raw("Activity:' OR 1=1 --")],
  ['a UUID in capitals', raw(`Activity:${nobody.toUpperCase()}`)],
  ['a line too many', raw(`Activity:${nobody}\n`)],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')],
  ['a huge text', 'A'.repeat(100_000)],
]

describe('node', () => {
  test('gives what is mine', async () => {
    const { ids } = alices
    expect((await node(alice, ids.activity)).data).toEqual({ node: { __typename: 'Activity', id: ids.activity } })
    expect((await node(alice, ids.upload)).data).toEqual({ node: { __typename: 'Upload', id: ids.upload } })
    expect((await node(alice, ids.user)).data).toEqual({ node: { __typename: 'User', id: ids.user } })
  })

  test('gives null for what is another person’s', async () => {
    for (const id of Object.values(bobs.ids)) {
      const { data, errors } = await node(alice, id)
      expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
      expect((await node(bob, id)).data?.node?.id).toBe(id)
    }
  })

  test('gives null for what has been deleted', async () => {
    const activity = await createActivity(app, alices.user, { hasUpload: true })
    const activityId = toGlobalId('Activity', activity.id)
    const uploadId = toGlobalId('Upload', activity.uploadId ?? '')
    expect((await node(alice, uploadId)).data?.node?.id).toBe(uploadId)
    await app.run(alice, DeleteActivityDocument, { activityId })
    for (const id of [activityId, uploadId]) {
      const { data, errors } = await node(alice, id)
      expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
    }
  })

  test.each(ofNothing)('gives null for %s', async (_, id) => {
    const { data, errors } = await node(alice, id)
    expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined })
  })

  test.each(broken)('refuses an id of %s', async (_, id) => {
    expect((await node(alice, id)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test.each([[null], [{}], [[1, 2]], [true], [1.5]])('refuses what is no id at all: %j', async (id) => {
    expect((await node(alice, id)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('needs somebody signed in', async () => {
    const { data, errors } = await node(null, alices.ids.activity)
    expect(data).toEqual({ node: null })
    expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

describe('nodes', () => {
  test('gives what is mine in the order of the ids, and null for all else', async () => {
    const { ids } = alices
    const second = toGlobalId('Activity', (await createActivity(app, alices.user)).id)
    const asked = [
      second,
      bobs.ids.activity,
      ids.upload,
      ...ofNothing.map(([, id]) => id),
      ids.activity,
      bobs.ids.user,
      ids.user,
      second,
      bobs.ids.upload,
    ]
    const { data, errors } = await nodes(alice, asked)
    expect(errors).toBeUndefined()
    const mine: string[] = [second, ids.upload, ids.activity, ids.user]
    expect(data?.nodes.map((found) => found?.id ?? null)).toEqual(asked.map((id) => (mine.includes(id) ? id : null)))
  })

  test('of no ids is empty', async () => {
    expect((await nodes(alice, [])).data).toEqual({ nodes: [] })
  })

  test('takes 100 ids, and refuses 101', async () => {
    const { ids } = alices
    const hundred = Array<string>(100).fill(ids.activity)
    expect((await nodes(alice, hundred)).data?.nodes.map((found) => found?.id)).toEqual(hundred)
    expect((await nodes(alice, [...hundred, ids.activity])).errors).toMatchObject([
      { path: ['nodes'], extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test.each(broken)('refuses an id of %s among others', async (_, id) => {
    const { errors } = await nodes(alice, [alices.ids.activity, id])
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('needs somebody signed in', async () => {
    const { data, errors } = await nodes(null, [alices.ids.activity])
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'UNAUTHENTICATED' } }])
  })
})
