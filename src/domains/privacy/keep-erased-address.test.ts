import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { keepErasedAddress } from './keep-erased-address.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const keep = (email: string, now: string) =>
  app.app.db.transaction((tx) => {
    const { emailSealed } = app.app.emails.columns(email)
    return keepErasedAddress(tx, app.app.emails, { emailSealed, now: new Date(now) })
  })
const kept = () => app.app.db.prisma.erasedAddress.findMany({ orderBy: { forgetAt: 'asc' } })

test('an address is kept as a hash for twelve months, from its last erasure on, and then forgotten', async () => {
  await keep('Ann@Example.com', '2026-03-01T08:00:00Z')
  await keep('ann@example.com', '2026-01-01T08:00:00Z')
  expect(await kept()).toEqual([
    { addressHash: app.app.emails.erasedHashOf('ann@example.com'), forgetAt: new Date('2027-03-01T08:00:00Z') },
  ])
  await keep('ann@example.com', '2026-11-21T08:00:00Z')
  await keep('ben@example.com', '2026-06-01T08:00:00Z')
  expect((await kept()).map(({ forgetAt }) => forgetAt.getUTCMonth())).toEqual([5, 10])

  app.now = new Date('2027-06-01T07:59:59Z')
  await app.runJob('privacy.forget-addresses')
  expect(await kept()).toHaveLength(2)
  app.now = new Date('2027-06-01T08:00:00Z')
  await app.runJob('privacy.forget-addresses')
  expect(await kept()).toMatchObject([{ addressHash: app.app.emails.erasedHashOf('ann@example.com') }])
})

test('the hash leads to nobody: it is none of those that people are found by', () => {
  const { indexOf, erasedHashOf } = app.app.emails
  expect(erasedHashOf('ann@example.com')).not.toBe(indexOf('ann@example.com'))
})
