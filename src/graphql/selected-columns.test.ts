import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { domains } from '../app/domains.ts'
import { buildSchema } from '../app/graphql/build-schema.ts'
import { defaultLimits } from '../config/limits.ts'
import { grant } from '../domains/credits/index.ts'
import { type Answer, startTestApp, type TestApp } from '../testing/app.ts'
import { createActivities, createNotification, createUser, createVideo } from '../testing/factories.ts'

const schema = buildSchema(domains)

const boss = 'boss@example.com'

let app: TestApp
beforeAll(async () => {
  // The operations of these tests cost more together than one user may spend in a minute.
  const limits = { ...defaultLimits, costPerUser: { points: 1_000_000, seconds: 60 } }
  app = await startTestApp({ config: { limits } })
  const { db } = app.app
  const person = await createUser(app, boss, {
    role: 'ADMIN',
    firstName: 'Ada',
    lastName: 'Boss',
    username: 'ada',
    imageUrl: 'https://img.example.com/ada.png',
    timeZone: 'Europe/Berlin',
    locale: 'de',
  })
  await createActivities(app, person, [
    { hasUpload: true, title: null, sport: 'CYCLING', utcOffsetMinutes: 120, device: 'Garmin Edge' },
    { hasUpload: true, title: 'Named', sport: null },
    { status: 'FAILED' },
  ])
  await createVideo(app, person)
  await createNotification(app, person)
  const gift = { amount: 7, source: 'GIFTS', key: 'one', description: 'A gift' } as const
  await db.transaction((tx) => grant(tx, { userId: person.id, ...gift, now: app.now }))
  await db.prisma.dataExport.create({
    data: {
      id: person.id,
      userId: person.id,
      status: 'READY',
      createdAt: app.now,
      expiresAt: new Date(app.now.getTime() + 1e8),
    },
  })
})
afterAll(() => app[Symbol.asyncDispose]())

/** Every connection: the path of its field and the type of its nodes. */
const lists = [
  ['me.activities', 'Activity'],
  ['me.uploads', 'Upload'],
  ['me.creditTransactions', 'CreditTransaction'],
  ['me.dataExports', 'DataExport'],
  ['me.videos', 'Video'],
  ['me.notifications', 'Notification'],
  ['users', 'User'],
] as const

const fieldsOf = (name: string) => Object.values((schema.getType(name) as GraphQLObjectType).getFields())

/** A selection of a field with its leaf fields; null if it requires arguments or is not a leaf or an object. */
function selectionOf({ name, args, type }: GraphQLField<unknown, unknown>): string | null {
  const named = getNamedType(type)
  if (args.some(isRequiredArgument)) return null
  if (isLeafType(named)) return name
  if (!isObjectType(named)) return null
  const leaves = fieldsOf(named.name).filter((below) => isLeafType(getNamedType(below.type)))
  return `${name} { __typename ${leaves.map((leaf) => leaf.name).join(' ')} }`
}

async function nodesOf(list: string, selection: string): Promise<Record<string, unknown>[]> {
  const path = list.split('.')
  const text = path.reduceRight((inner, field) => `{ ${field} ${inner} }`, `{ edges { node { ${selection} } } }`)
  const answer = (await app.query(boss, text)) as Answer<Record<string, never>>
  expect(answer.errors).toBeUndefined()
  const { edges } = path.reduce((value, field) => value[field] ?? {}, answer.data) as unknown as {
    edges: { node: Record<string, unknown> }[]
  }
  return edges.map(({ node }) => node)
}

test('the list above contains every connection', () => {
  const connections = Object.keys(schema.getTypeMap()).filter((name) => name.endsWith('Connection'))
  expect(connections.sort()).toEqual(lists.map(([, type]) => `${type}Connection`).sort())
})

describe.each(lists)('%s', (list, typeName) => {
  const fields = fieldsOf(typeName).flatMap((field) => selectionOf(field) ?? [])

  test.each(fields)('%s returns the same value alone and with all other fields', async (selection) => {
    const name = selection.split(' ')[0] as string
    const alone = await nodesOf(list, selection)
    const together = await nodesOf(list, fields.join(' '))
    expect(alone.length).toBeGreaterThan(0)
    expect(alone).toEqual(together.map((node) => ({ [name]: node[name] })))
  })
})

test('a list reads only the columns of selected fields, including those in fragments', async () => {
  app.takeStatements()
  await nodesOf('me.activities', 'title')
  const narrow = app.takeStatements().join()
  expect(narrow).toContain('"title"')
  expect(narrow).not.toContain('"device"')
  await app.query(
    boss,
    'query { me { activities { edges { node { ...Rest } } } } } fragment Rest on Activity { device }',
  )
  expect(app.takeStatements().join()).toContain('"device"')
})
