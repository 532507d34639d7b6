import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../config/config.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'

const allowed = [
  'https://app.example.com',
  'http://localhost:3000',
  'capacitor://localhost',
  'ionic://localhost',
  'tauri://localhost',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
]

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { corsOrigins: allowed, mode: 'production' } })
})
afterAll(() => app[Symbol.asyncDispose]())

const clientHeaders = [
  ...['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'cache-control', 'last-event-id', 'x-requested-with'],
  ...['apollographql-client-name', 'apollographql-client-version', 'apollo-require-preflight'],
  ...['x-client-name', 'x-client-version', 'x-graphql-event-stream-token'],
]

const send = (origin: string, init: RequestInit = {}) =>
  fetch(`${app.url}/graphql?query={__typename}`, { ...init, headers: { origin, ...init.headers } })

const preflight = (origin: string) =>
  send(origin, {
    method: 'OPTIONS',
    headers: {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })

const allowHeaders = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith('access-control-'))

describe.each(allowed)('a page of %s', (origin) => {
  test('may read responses and the request id', async () => {
    const { status, headers } = await send(origin)
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-expose-headers')).toBe(
      'x-request-id, x-stream-id, retry-after, www-authenticate',
    )
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('vary')).toMatch(/\borigin\b/i)
  })

  test('may send a token and JSON', async () => {
    const { status, headers } = await preflight(origin)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    expect(headers.get('access-control-allow-headers')).toContain('authorization')
    expect(headers.get('access-control-allow-headers')).toContain('content-type')
    const names = headers.get('access-control-allow-headers')?.split(', ')
    expect(names).toEqual(expect.arrayContaining(clientHeaders))
    expect(headers.get('access-control-max-age')).toBe('600')
    expect(headers.get('vary')).toMatch(/\borigin\b/i)
  })
})

test.each([
  ['another site', 'https://evil.example'],
  ['a sandboxed page', 'null'],
  ['a subdomain', 'https://x.app.example.com'],
  ['a longer name', 'https://app.example.com.evil.example'],
  ['another scheme', 'http://app.example.com'],
  ['another port', 'http://localhost:3001'],
  ['a web view of another scheme', 'capacitor://localhost.evil'],
  ['capitals', 'HTTPS://APP.EXAMPLE.COM'],
])('a page of %s gets no CORS headers, and Vary names the origin', async (_about, origin) => {
  for (const response of [await send(origin), await preflight(origin)]) {
    expect(allowHeaders(response)).toEqual([])
    expect(response.headers.get('vary')).toMatch(/\borigin\b/i)
  }
})

test.each<[string, number, string, RequestInit]>([
  [
    'an invalid token',
    401,
    '/graphql',
    { method: 'POST', body: '{"query":"{__typename}"}', headers: { authorization: 'Bearer x' } },
  ],
  ['no JSON', 415, '/graphql', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
  ['too large', 413, '/graphql', { method: 'POST', body: 'x'.repeat(300_000) }],
  ['an unknown path', 404, '/nothing', {}],
])('an allowed page may read a refusal: %s', async (_about, status, path, init) => {
  const headers = { 'content-type': 'application/json', ...init.headers, origin: 'https://app.example.com' }
  const response = await fetch(app.url + path, { ...init, headers })
  expect(response.status).toBe(status)
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
})

test('without configured origins no page is allowed', async () => {
  await using closed = await startTestApp({ databaseUrl: app.databaseUrl, config: { corsOrigins: [] } })
  const response = await fetch(`${closed.url}/graphql?query={__typename}`, {
    headers: { origin: 'https://evil.example' },
  })
  expect(allowHeaders(response)).toEqual([])
})

describe('in development', () => {
  test('pages of every localhost port are allowed, and no other page', async () => {
    await using development = await startTestApp({ databaseUrl: app.databaseUrl })
    const isAllowed = async (origin: string) => {
      const { headers } = await fetch(`${development.url}/graphql?query={__typename}`, { headers: { origin } })
      return headers.get('access-control-allow-origin') === origin
    }
    const local = ['http://localhost', 'http://localhost:5173', 'https://localhost:8443', 'http://127.0.0.1:8081']
    for (const origin of [...local, 'http://[::1]:19006', 'http://app.localhost:3000']) {
      expect(await isAllowed(origin), origin).toBe(true)
    }
    const foreign = ['http://localhost.evil.example', 'http://localhost:3000.evil.example', 'http://evil.example:3000']
    for (const origin of [...foreign, 'http://evil-localhost:3000', 'ftp://localhost:21', 'null']) {
      expect(await isAllowed(origin), origin).toBe(false)
    }
  })

  test('a tunnel needs ALLOWED_HOSTS only', async () => {
    const { corsOrigins, allowedHosts } = readSettings({ ALLOWED_HOSTS: 'my-tunnel.ngrok.app' })
    await using development = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { corsOrigins, allowedHosts },
    })
    const through = (host: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
      request(`${development.url}/graphql?query={__typename}`, { headers: { host } }, ({ statusCode }) =>
        resolve(statusCode),
      )
        .on('error', reject)
        .end()
      return promise
    }
    expect(await through('my-tunnel.ngrok.app')).toBe(200)
    expect(await through('another-tunnel.ngrok.app')).toBe(400)
  })
})
