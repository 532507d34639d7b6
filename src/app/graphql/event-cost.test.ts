import { GraphQLInt, GraphQLList, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { costing, textCost } from '../../graphql/limits/field-cost.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { createRateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { guardOperations } from './guard-operations.ts'

interface Chunk {
  readonly delta: string
  /** What is read with the first and the last event. */
  readonly rows?: readonly number[]
}

let database: ClonedDatabase
let pool: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  pool = openPool(database.url, 2)
})
afterAll(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

const ChunkType = new GraphQLObjectType<Chunk>({
  name: 'Chunk',
  fields: {
    delta: { type: GraphQLString },
    rows: { type: new GraphQLList(GraphQLInt), extensions: costing({ own: 20 }) },
  },
})

/** Two subscriptions of the same events: one declares what they cost. */
function schemaOf(chunks: readonly Chunk[]): GraphQLSchema {
  const subscribe = async function* () {
    yield* chunks
  }
  const resolve = (chunk: unknown) => chunk
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        plain: { type: ChunkType, subscribe, resolve },
        priced: {
          type: ChunkType,
          subscribe,
          resolve,
          extensions: costing({
            perEvent: ({ delta, rows }: Chunk, operationCost) => textCost(delta) + (rows ? operationCost : 0),
          }),
        },
      },
    }),
  })
}

let subscribers = 0

/** How many events a subscriber gets who may spend so many points, and the code that the stream ends with. */
async function eventsFor(points: number, chunks: readonly Chunk[], query: string) {
  subscribers += 1
  const limits = { ...defaultLimits, costPerUser: { points, seconds: 60 } }
  const limiter = createRateLimiter({ pool, log: silentLog })
  const yoga = createYoga({
    schema: schemaOf(chunks),
    logging: false,
    plugins: [guardOperations({ limiter, limits, showCost: false })],
    context: { viewer: null, address: `subscriber ${subscribers}` },
  })
  const response = await yoga.fetch('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  })
  const text = await response.text()
  return { events: text.split('"delta"').length - 1, code: /"code":"(\w+)"/.exec(text)?.[1] }
}

const small = Array.from({ length: 10 }, (): Chunk => ({ delta: 'a word' }))

test('an event costs what its field declares from its payload, not the operation again', async () => {
  // The opening costs 21, each event 1.
  const query = 'subscription { priced { delta rows } }'
  expect(await eventsFor(31, small, query)).toEqual({ events: 10, code: undefined })
  expect(await eventsFor(28, small, query)).toEqual({ events: 7, code: 'RATE_LIMITED' })
})

test('an alias does not change what is paid', async () => {
  const query = 'subscription { mine: priced { word: delta delta rows } }'
  expect(await eventsFor(28, small, query)).toEqual({ events: 7, code: 'RATE_LIMITED' })
})

test('an event with much text costs more, the first one too', async () => {
  const query = 'subscription { priced { delta } }'
  const chunks = [{ delta: 'a'.repeat(10_240) }, { delta: 'a'.repeat(3_000) }, { delta: 'a' }]
  // The opening costs 1.
  expect(await eventsFor(15, chunks, query)).toEqual({ events: 3, code: undefined })
  expect(await eventsFor(14, chunks, query)).toEqual({ events: 2, code: 'RATE_LIMITED' })
  expect(await eventsFor(10, chunks, query)).toEqual({ events: 0, code: 'RATE_LIMITED' })
})

test('an event that reads rows costs the operation where its field says so, the first one nothing more', async () => {
  const query = 'subscription { priced { delta rows } }'
  const chunks = [{ delta: 'a', rows: [1] }, { delta: 'a' }, { delta: 'a', rows: [1] }]
  expect(await eventsFor(45, chunks, query)).toEqual({ events: 3, code: undefined })
  expect(await eventsFor(44, chunks, query)).toEqual({ events: 2, code: 'RATE_LIMITED' })
})

test('an event of a field that declares nothing costs the operation', async () => {
  const query = 'subscription { plain { delta rows } }'
  expect(await eventsFor(63, small, query)).toEqual({ events: 3, code: 'RATE_LIMITED' })
})
