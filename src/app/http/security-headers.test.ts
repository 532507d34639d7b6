import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'

let app: TestApp
let closed: TestApp
beforeAll(async () => {
  app = await startTestApp({ graphiqlFor: 'ada@example.com' })
  closed = await startTestApp({ databaseUrl: app.databaseUrl, config: { mode: 'production' } })
})
afterAll(async () => {
  await closed[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const html = { headers: { accept: 'text/html,*/*' } }

describe('responses forbid browsers to render, frame or sniff them', () => {
  test.each(['/graphql?query={__typename}', '/graphql', '/nothing', '/health/live', '/webhooks/clerk'])(
    '%s',
    async (path) => {
      for (const from of [app, closed]) {
        const { headers } = await fetch(from.url + path)
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
        expect(headers.get('strict-transport-security')).toMatch(/^max-age=31536000/)
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('x-frame-options')).toBe('DENY')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('x-powered-by')).toBeNull()
        expect(headers.get('server')).toBeNull()
      }
    },
  )
})

test('GraphiQL may run its scripts, and is served in development only', async () => {
  const page = await fetch(`${app.url}/graphql`, html)
  expect(await page.text()).toContain('<html')
  expect(page.headers.get('content-security-policy')).toBeNull()
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  const none = await fetch(`${closed.url}/graphql`, html)
  expect(none.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await none.text()).not.toContain('<html')
})

test('responses vary by viewer, origin and content type, and are not cached', async () => {
  const { headers } = await fetch(`${app.url}/graphql?query={__typename}`)
  expect(headers.get('vary')).toBe('origin, accept, authorization')
  expect(headers.get('cache-control')).toBe('no-store')
})

test('cookies do not authenticate, and none is set', async () => {
  const token = await app.token('ada@example.com')
  const response = await fetch(`${app.url}/graphql?query={me{id}}`, {
    headers: { cookie: `__session=${token}; authorization=Bearer ${token}` },
  })
  expect(await response.json()).toMatchObject({ data: { me: null } })
  expect(response.headers.get('set-cookie')).toBeNull()
})

describe('a body must be UTF-8', () => {
  const post = (type: string) =>
    fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body: '{"query":"{__typename}"}' })

  test.each(['application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON ; Charset=utf8'])(
    '%s is accepted',
    async (type) => {
      expect((await post(type)).status).toBe(200)
    },
  )

  test.each(['application/json; charset=utf-16', 'application/json; charset=iso-8859-1', 'application/json; charset='])(
    '%s is refused',
    async (type) => {
      expect((await post(type)).status).toBe(415)
    },
  )
})
