import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'

const allowed = ['https://app.example.com', 'http://localhost:3000']

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { corsOrigins: allowed } })
})
afterAll(() => app[Symbol.asyncDispose]())

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
    expect(headers.get('access-control-expose-headers')).toBe('x-request-id, x-stream-id, retry-after, www-authenticate')
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
