import type { IncomingMessage } from 'node:http'
import { type ExecutionResult, GraphQLError } from 'graphql'
import { createSchema, createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga'
import { beforeEach, describe, expect, test } from 'vitest'
import { runOperation, toPartialRequest, toPlainResponse } from './yoga-engine.ts'

interface Context {
  readonly address: string
}

let calls: string[]
beforeEach(() => {
  calls = []
})

const schema = createSchema<Context & { readonly token: string | null }>({
  typeDefs: /* GraphQL */ `
    type Query { token: String, address: String, fails: Int, refused: Int! }
    type Mutation { add(n: Int!): Int }
    type Subscription { count: Int }
  `,
  resolvers: {
    Query: {
      token: (_, _args, { token }) => token,
      address: (_, _args, { address }) => address,
      fails: () => {
        throw new Error('secret')
      },
      refused: () => {
        throw new GraphQLError('Too many.', { extensions: { http: { status: 429, headers: { 'retry-after': '5' } } } })
      },
    },
    Mutation: { add: (_, { n }) => n + 1 },
    Subscription: {
      count: {
        async *subscribe() {
          try {
            yield { count: 1 }
            yield { count: 2 }
          } finally {
            calls.push('end of the source')
          }
        },
      },
    },
  },
})

const hooks: Plugin = {
  onParams({ request, params }) {
    calls.push(`params ${request.method} ${request.url}`)
    if (params.extensions?.refuse) throw new Error('refused by a plugin')
  },
  onParse: () => void calls.push('parse'),
  onValidate: () => void calls.push('validate'),
  onExecute: () => void calls.push('execute'),
  onSubscribe: () => void calls.push('subscribe'),
  onExecutionResult: () => void calls.push('result'),
}

function maskError(error: unknown): GraphQLError {
  const isIntended = error instanceof GraphQLError && (error.originalError ?? error) instanceof GraphQLError
  return isIntended ? error : new GraphQLError('masked')
}

const yoga = createYoga<Context, { token: string | null }>({
  schema,
  logging: false,
  plugins: [hooks],
  maskedErrors: { maskError },
  context: ({ request }) => ({ token: request.headers.get('authorization') }),
})

const url = new URL('http://api.test/graphql')
const message = { method: 'POST', headers: { authorization: 'Bearer x', 'x-twice': ['a', 'b'] } }
const request = toPartialRequest(message as unknown as IncomingMessage, url)

const run = (query: string, variables?: Record<string, unknown>) =>
  runOperation(yoga, { params: { query, ...(variables ? { variables } : {}) }, request }, { address: '192.0.2.1' })

test('a partial request has the method, the address and the headers of a message', () => {
  expect([request.method, request.url]).toEqual(['POST', 'http://api.test/graphql'])
  expect(['Authorization', 'x-twice', 'accept'].map((name) => request.headers.get(name))).toEqual([
    'Bearer x',
    'a, b',
    null,
  ])
})

test('an operation runs with the context, from the partial request and the server', async () => {
  expect(await run('{ token address }')).toEqual({ data: { token: 'Bearer x', address: '192.0.2.1' } })
})

test('every hook runs that runs with the fetch API', async () => {
  await run('{ token }')
  const own = calls
  calls = []
  await yoga.fetch(url, post({ query: '{ token }' }, 'application/json'), { address: '' })
  expect(own).toEqual(['params POST http://api.test/graphql', 'parse', 'validate', 'execute', 'result'])
  expect(calls).toEqual(own)
})

test('errors are masked', async () => {
  expect(await run('{ fails }')).toMatchObject({ data: { fails: null }, errors: [{ message: 'masked' }] })
})

test('an error of a plugin about the parameters is thrown', async () => {
  const params = { query: '{ token }', extensions: { refuse: true } }
  await expect(runOperation(yoga, { params, request }, { address: '' })).rejects.toThrow('refused by a plugin')
})

test('a subscription is an async iterable, whose end ends its source', async () => {
  const results = await run('subscription { count }')
  if (!isAsyncIterable(results)) throw new Error('The result is not an async iterable.')
  const iterator = (results as AsyncIterable<ExecutionResult>)[Symbol.asyncIterator]()
  expect(await iterator.next()).toEqual({ done: false, value: { data: { count: 1 } } })
  await iterator.return?.()
  expect(calls).toContain('end of the source')
})

describe('a plain response equals the one of the fetch API', () => {
  const types = ['application/json', 'application/graphql-response+json'] as const
  test.each<[string, string, Record<string, unknown>?]>([
    ['data', '{ token }'],
    ['a mutation', 'mutation ($n: Int!) { add(n: $n) }', { n: 1 }],
    ['a syntax error', '{'],
    ['a validation error', '{ nothing }'],
    ['a missing variable', 'mutation ($n: Int!) { add(n: $n) }'],
    ['a field error', '{ fails }'],
    ['a status and headers in the extensions of an error', '{ refused }'],
  ])('for %s', async (_, query, variables) => {
    for (const type of types) {
      const result = await run(query, variables)
      const own = toPlainResponse(result as ExecutionResult, type)
      const theirs = await yoga.fetch(url, post({ query, variables }, type), { address: '192.0.2.1' })
      expect([type, own.status, own.text]).toEqual([type, theirs.status, await theirs.text()])
      const headers = Object.entries(own.headers).map(([name, value]) => [name.toLowerCase(), value])
      expect(headers).toContainEqual(['content-type', `${type}; charset=utf-8`])
      for (const [name, value] of headers) expect(theirs.headers.get(name ?? ''), name).toBe(value)
    }
  })

  test('which has the status and headers that the error names', async () => {
    const { status, headers, text } = toPlainResponse((await run('{ refused }')) as ExecutionResult, types[0])
    expect([status, headers['retry-after']]).toEqual([429, '5'])
    expect(JSON.parse(text)).toMatchObject({ errors: [{ message: 'Too many.', path: ['refused'] }] })
    expect(text).not.toContain('429')
  })
})

function post(body: object, accept: string): RequestInit {
  const headers = { 'content-type': 'application/json', accept, authorization: 'Bearer x' }
  return { method: 'POST', headers, body: JSON.stringify(body) }
}
