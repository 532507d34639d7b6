import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClerkDirectory } from '../../domains/users/ports.ts'
import { type ClerkStandIn, clerkAddresses, clerkPerson, startClerk } from '../../testing/clerk.ts'
import { createClerkDirectory } from './directory.ts'

let clerk: ClerkStandIn
let directory: ClerkDirectory
beforeAll(async () => {
  clerk = await startClerk()
  directory = createClerkDirectory({ secretKey: 'sk_test_secret', apiUrl: clerk.url, listTimeoutMs: 500 })
})
beforeEach(() => clerk.people.clear())
afterEach(() => {
  clerk.trouble = null
})
afterAll(() => clerk[Symbol.asyncDispose]())

function arrive(id: string, createdAt: number, changes: object = {}): void {
  clerk.people.set(id, clerkPerson(id, { created_at: createdAt, ...changes }))
}

const idsOf = (users: readonly { clerkId: string }[]) => users.map(({ clerkId }) => clerkId)

test('people are listed oldest first, from an instant on, which belongs to it', async () => {
  for (const at of [3, 1, 2]) arrive(`user_${at}`, 1_700_000_000_000 + at)
  const page = (from: number | null, offset: number, limit: number) =>
    directory.listUsers({ createdFrom: from === null ? null : new Date(1_700_000_000_000 + from), offset, limit })
  expect(idsOf(await page(null, 0, 500))).toEqual(['user_1', 'user_2', 'user_3'])
  expect(idsOf(await page(2, 0, 500))).toEqual(['user_2', 'user_3'])
  expect(idsOf(await page(2, 1, 500))).toEqual(['user_3'])
  expect(idsOf(await page(null, 0, 2))).toEqual(['user_1', 'user_2'])
  expect(await directory.countUsers()).toBe(3)
})

test('of ids, those that Clerk has are answered: 100 of them at once', async () => {
  const ids = Array.from({ length: 100 }, (_, at) => `user_${at}`)
  for (const [at, id] of ids.entries()) if (at !== 42) arrive(id, at)
  const found = idsOf(await directory.listByIds(ids))
  expect(found).toHaveLength(99)
  expect(found).not.toContain('user_42')
})

test('of addresses, everybody is answered who has one, and which are verified', async () => {
  arrive('user_a', 1, clerkAddresses(['a@example.com', 'plus+tag&more@example.com']))
  arrive('user_b', 2, clerkAddresses(['b@example.com'], 'unverified'))
  arrive('user_c', 3, clerkAddresses(['c@example.com']))
  const found = await directory.listByEmails(['plus+tag&more@example.com', 'b@example.com'])
  expect(found.map(({ clerkId, verifiedEmails }) => [clerkId, verifiedEmails])).toEqual([
    ['user_a', ['a@example.com', 'plus+tag&more@example.com']],
    ['user_b', []],
  ])
})

test('an address that more people have than a page holds is answered whole', async () => {
  for (let at = 0; at < 501; at += 1) arrive(`user_${at}`, at, clerkAddresses(['all@example.com'], 'unverified'))
  expect(await directory.listByEmails(['all@example.com'])).toHaveLength(501)
})

test('a person is made with a verified address and our id, once', async () => {
  const wish = { externalId: 'old-7', email: 'new@example.com', firstName: 'Mina', lastName: null }
  const made = await directory.createUser(wish)
  expect(made).toMatchObject({ ...wish, verifiedEmails: ['new@example.com'] })
  expect(await directory.getUser(made.clerkId)).toEqual(made)
  await expect(directory.createUser(wish)).rejects.toMatchObject({ name: 'ClerkRefused' })
})

test('a person is changed and deleted; one who is gone is no error', async () => {
  arrive('user_a', 1)
  expect(await directory.setExternalId('user_a', 'old-1')).toMatchObject({ externalId: 'old-1' })
  expect(await directory.updateNames('user_a', { firstName: 'Mina' })).toMatchObject({ firstName: 'Mina' })
  await directory.deleteUser('user_a')
  await directory.deleteUser('user_a')
  expect(await directory.getUser('user_a')).toBeNull()
  expect(await directory.setExternalId('user_a', 'old-1')).toBeNull()
})

describe('trouble', () => {
  test('Clerk says until when it wants to be left alone', async () => {
    clerk.trouble = { status: 429, headers: { 'retry-after': '30' } }
    const asked = Date.now()
    const error: unknown = await directory.listByIds(['user_a']).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    const seconds = ((error as { retryAt: Date }).retryAt.getTime() - asked) / 1_000
    expect(Math.floor(seconds)).toBe(30)
  })

  test('a list that does not come is given up', async () => {
    const release = clerk.hold()
    try {
      await expect(directory.countUsers()).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        cause: { message: 'no answer within 500 ms' },
      })
    } finally {
      release()
    }
  })
})
