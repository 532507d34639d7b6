import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { RetryLink } from '@apollo/client/link/retry'
import { Client, subscriptionExchange } from '@urql/core'
import { print } from 'graphql'
import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { defaultLimits } from '../../config/limits.ts'
import { grant } from '../../domains/credits/index.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'

interface Seen {
  readonly balances: unknown[]
  /** Errors that the client has passed on to the page. */
  readonly errors: unknown[]
  isComplete: boolean
}

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** graphql-sse, which opens a stream again that ends without `complete`. */
const sseClient = (url: string, headers: () => Promise<Record<string, string>>) =>
  createClient({ url, headers, retryAttempts: 1_000, retry: () => new Promise((resolve) => setTimeout(resolve, 20)) })

type Follow = (url: string, headers: () => Promise<Record<string, string>>, seen: Seen) => () => void

const byGraphqlSse: Follow = (url, headers, seen) =>
  sseClient(url, headers).subscribe<{ creditBalanceChanged: { creditBalance: number } }>(
    { query: print(CreditBalanceChangedDocument) },
    {
      next({ data, errors }) {
        if (data) seen.balances.push(data.creditBalanceChanged.creditBalance)
        if (errors) seen.errors.push(errors)
      },
      error: (error) => seen.errors.push(error),
      complete() {
        seen.isComplete = true
      },
    },
  )

const byUrql: Follow = (url, headers, seen) => {
  const sse = sseClient(url, headers)
  const forwardSubscription: Parameters<typeof subscriptionExchange>[0]['forwardSubscription'] = ({
    query = '',
    variables = {},
  }) => ({
    subscribe: (sink) => ({
      unsubscribe: sse.subscribe(
        { query, variables },
        { ...sink, next: (result) => sink.next(result as Parameters<typeof sink.next>[0]) },
      ),
    }),
  })
  const client = new Client({ url, preferGetMethod: false, exchanges: [subscriptionExchange({ forwardSubscription })] })
  const { unsubscribe } = client.subscription(CreditBalanceChangedDocument, {}).subscribe(({ data, error }) => {
    if (data) seen.balances.push(data.creditBalanceChanged.creditBalance)
    if (error) seen.errors.push(error)
  })
  return unsubscribe
}

/** Apollo's client, whose HttpLink requests multipart. Its RetryLink opens a stream again that ends too early. */
const byApollo: Follow = (url, headers, seen) => {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([
      new RetryLink({ delay: { initial: 20, max: 20, jitter: false }, attempts: { max: Number.POSITIVE_INFINITY } }),
      new SetContextLink(async () => ({ headers: await headers() })),
      new HttpLink({ uri: url }),
    ]),
  })
  const subscription = client.subscribe({ query: CreditBalanceChangedDocument }).subscribe({
    next({ data, error }) {
      if (data) seen.balances.push(data.creditBalanceChanged?.creditBalance)
      if (error) seen.errors.push(error)
    },
    error: (error) => seen.errors.push(error),
    complete() {
      seen.isComplete = true
    },
  })
  return () => {
    subscription.unsubscribe()
    client.stop()
  }
}

test.each([
  ['graphql-sse', byGraphqlSse],
  ['urql', byUrql],
  ['Apollo with multipart', byApollo],
] as const)(
  '%s sees every change over three tokens and one restart of the server',
  { timeout: 60_000 },
  async (name, follow) => {
    const email = `${name.replaceAll(' ', '-')}@example.com`
    const user = await createUser(app, email)
    let balance = 0
    const change = async () => {
      balance += 1
      const key = `gift ${balance}`
      const gift = { userId: user.id, amount: 1, source: 'GIFTS', key, description: 'A gift', now: new Date() } as const
      await app.app.db.transaction((tx) => grant(tx, gift))
    }
    const start = (port = 0) => startTestApp({ databaseUrl: app.databaseUrl, config: { port } })
    let server = await start()
    const { url } = server
    let tokens = 0
    const headers = async () => {
      tokens += 1
      return { authorization: `Bearer ${await app.token(email, { expiresInSeconds: 3 })}` }
    }
    const seen: Seen = { balances: [], errors: [], isComplete: false }
    onTestFinished(follow(`${url}/graphql`, headers, seen))

    for (const token of [1, 2, 3]) {
      await expect.poll(() => tokens, { timeout: 20_000 }).toBeGreaterThanOrEqual(token)
      await change()
      await expect.poll(() => seen.balances.at(-1), { timeout: 20_000 }).toBe(balance)
    }
    await server[Symbol.asyncDispose]()
    await change()
    server = await start(Number(new URL(url).port))
    await expect.poll(() => seen.balances.at(-1), { timeout: 20_000 }).toBe(balance)
    await change()
    await expect.poll(() => seen.balances.at(-1), { timeout: 20_000 }).toBe(balance)
    expect(seen).toMatchObject({ errors: [], isComplete: false })
    await server[Symbol.asyncDispose]()
  },
)

test('a multipart stream has the parts that Apollo expects, pings and its end', { timeout: 20_000 }, async () => {
  const limits = { ...defaultLimits, stallSeconds: 1 }
  await using serving = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
  const user = await createUser(app, 'multipart@example.com')
  const response = await fetch(`${serving.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${await app.token('multipart@example.com')}`,
    },
    body: JSON.stringify({ query: print(CreditBalanceChangedDocument) }),
  })
  expect(response.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";subscriptionSpec=1.0')
  expect(response.headers.get('x-stream-id')).toMatch(/^[0-9a-f-]{36}$/)
  let text = ''
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  })()
  const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`
  await expect.poll(() => text, { timeout: 10_000 }).toContain(`${part('{}')}${part('{}')}`)
  expect(text.replaceAll(part('{}'), '')).toMatch(
    /^\r\n--graphql\r\ncontent-type: application\/json\r\n\r\n\{"payload":/,
  )
  expect(text).toContain('"creditBalance":0')
  await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'BANNED' } })
  await reading
  expect(text).toContain('"code":"ACCOUNT_UNAVAILABLE"')
  expect(text).toMatch(/\r\n--graphql--\r\n$/)
})

test('a multipart request whose subscription is refused, or that is a query, is answered with JSON', async () => {
  const send = async (query: string) => {
    const headers = {
      accept: 'multipart/mixed;subscriptionSpec=1.0, application/json',
      'content-type': 'application/json',
    }
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return [response.headers.get('content-type'), await response.json()]
  }
  const json = 'application/json; charset=utf-8'
  expect(await send('{ __typename }')).toEqual([json, { data: { __typename: 'Query' } }])
  expect(await send(print(CreditBalanceChangedDocument))).toMatchObject([
    json,
    { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
  ])
})
