import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createUser } from '../testing/factories.ts'
import { connectRaw } from '../testing/raw-connection.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const ask = (body: unknown, headers: Record<string, string> = {}, { url }: Pick<TestApp, 'url'> = app) =>
  fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

test('a page of localhost gets a token that the server accepts until it expires', async () => {
  const response = await ask({ email: 'mo@example.com', expiresInSeconds: 60 }, { origin: 'http://localhost:5173' })
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string }
  expect(Math.abs(Date.parse(expiresAt) - app.now.getTime() - 60_000)).toBeLessThan(1_000)
  const answer = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ me { email } }' }),
  })
  expect(await answer.json()).toMatchObject({ data: { me: { email: 'mo@example.com' } } })
})

test('a preflight request of a page of localhost is allowed', async () => {
  const headers = { origin: 'http://127.0.0.1:3001', 'access-control-request-method': 'POST' }
  const response = await fetch(`${app.url}/dev/token`, { method: 'OPTIONS', headers })
  expect(response.status).toBe(204)
  expect(response.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:3001')
  expect(response.headers.get('access-control-allow-headers')).toContain('content-type')
})

test.each<[string, Record<string, string>]>([
  ['a page of another site', { origin: 'https://evil.example' }],
  ['a sandboxed page', { origin: 'null' }],
  ['a page of a longer name', { origin: 'http://localhost.evil.example' }],
  ['a forwarded request of another computer', { 'x-forwarded-for': '203.0.113.9' }],
  ['a forwarded request', { forwarded: 'for=203.0.113.9' }],
])('%s is refused with 403', async (_about, headers) => {
  const response = await ask({ email: 'mo@example.com' }, headers)
  expect(response.status).toBe(403)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  expect(await response.text()).not.toContain('eyJ')
})

test('another host name is refused, such as that of a tunnel', async () => {
  await using tunnelled = await startTestApp({
    databaseUrl: app.databaseUrl,
    config: { allowedHosts: ['127.0.0.1', 'tunnel.example'] },
  })
  const head = 'POST /dev/token HTTP/1.1\r\nHost: tunnel.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
  const { closed, received } = connectRaw(tunnelled.url, head)
  await closed
  expect(received()).toContain('HTTP/1.1 403')
})

test.each<[string, number, unknown, Record<string, string>]>([
  ['no JSON', 415, '{}', { 'content-type': 'text/plain' }],
  ['invalid JSON', 400, '{', {}],
  ['no address', 400, { email: 'mo' }, {}],
  ['no time', 400, { email: 'mo@example.com', expiresInSeconds: 0 }, {}],
  ['a longer time than 12 hours', 400, { email: 'mo@example.com', expiresInSeconds: 43_201 }, {}],
  ['a large body', 400, { email: 'mo@example.com', more: 'x'.repeat(5_000) }, {}],
])('%s is refused with %i', async (_about, status, body, headers) => {
  expect((await ask(body, headers)).status).toBe(status)
})

test('the way back is said for a banned and a deleted user', async () => {
  const { id } = await createUser(app, 'pat@example.com')
  const refusal = async (standing: 'BANNED' | 'DELETING') => {
    await app.app.db.prisma.user.update({ where: { id }, data: { standing } })
    const response = await ask({ email: 'pat@example.com' })
    expect(response.status).toBe(409)
    return response.text()
  }
  expect(await refusal('BANNED')).toContain('webhooks send clerk user.updated --email pat@example.com')
  expect(await refusal('DELETING')).toContain('npm run token -- pat+2@example.com')
})

test('production has no such path', async () => {
  await using production = await startTestApp({ databaseUrl: app.databaseUrl, config: { mode: 'production' } })
  const response = await ask({ email: 'mo@example.com' }, {}, production)
  expect(response.status).toBe(404)
})
