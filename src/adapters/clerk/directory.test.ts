import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClerkDirectory } from '../../domains/users/ports.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../testing/clerk.ts'
import { createClerkDirectory } from './directory.ts'

let clerk: FakeClerk
let directory: ClerkDirectory
beforeAll(async () => {
  clerk = await startClerk()
  directory = createClerkDirectory({ secretKey: 'sk_test_secret', apiUrl: clerk.url, listTimeoutMs: 500 })
})
beforeEach(() => clerk.users.clear())
afterEach(() => {
  clerk.fault = null
})
afterAll(() => clerk[Symbol.asyncDispose]())

function addClerkUser(id: string, createdAt: number, changes: object = {}): void {
  clerk.users.set(id, clerkUser(id, { created_at: createdAt, ...changes }))
}

const idsOf = (users: readonly { clerkId: string }[]) => users.map(({ clerkId }) => clerkId)

test('lists users oldest first, from an instant, which is included', async () => {
  for (const at of [3, 1, 2]) addClerkUser(`user_${at}`, 1_700_000_000_000 + at)
  const page = (from: number | null, offset: number, limit: number) =>
    directory.listUsers({ createdFrom: from === null ? null : new Date(1_700_000_000_000 + from), offset, limit })
  expect(idsOf(await page(null, 0, 500))).toEqual(['user_1', 'user_2', 'user_3'])
  expect(idsOf(await page(2, 0, 500))).toEqual(['user_2', 'user_3'])
  expect(idsOf(await page(2, 1, 500))).toEqual(['user_3'])
  expect(idsOf(await page(null, 0, 2))).toEqual(['user_1', 'user_2'])
  expect(await directory.countUsers()).toBe(3)
})

test('finds 100 users by id in one request and omits unknown ids', async () => {
  const ids = Array.from({ length: 100 }, (_, at) => `user_${at}`)
  for (const [at, id] of ids.entries()) if (at !== 42) addClerkUser(id, at)
  const found = idsOf(await directory.listByIds(ids))
  expect(found).toHaveLength(99)
  expect(found).not.toContain('user_42')
})

test('finds all users with one of the addresses and returns which addresses are verified', async () => {
  addClerkUser('user_a', 1, clerkAddresses(['a@example.com', 'plus+tag&more@example.com']))
  addClerkUser('user_b', 2, clerkAddresses(['b@example.com'], 'unverified'))
  addClerkUser('user_c', 3, clerkAddresses(['c@example.com']))
  const found = await directory.listByEmails(['plus+tag&more@example.com', 'b@example.com'])
  expect(found.map(({ clerkId, verifiedEmails }) => [clerkId, verifiedEmails])).toEqual([
    ['user_a', ['a@example.com', 'plus+tag&more@example.com']],
    ['user_b', []],
  ])
})

test('finds all users with an address, also if they exceed a page', async () => {
  for (let at = 0; at < 501; at += 1) addClerkUser(`user_${at}`, at, clerkAddresses(['all@example.com'], 'unverified'))
  expect(await directory.listByEmails(['all@example.com'])).toHaveLength(501)
})

test('creates a user once, with a verified address and an external id', async () => {
  const input = { externalId: 'old-7', email: 'new@example.com', firstName: 'Mina', lastName: null }
  const created = await directory.createUser(input)
  expect(created).toMatchObject({ ...input, verifiedEmails: ['new@example.com'] })
  expect(await directory.getUser(created.clerkId)).toEqual(created)
  await expect(directory.createUser(input)).rejects.toMatchObject({ name: 'ClerkRefused' })
})

test('changes and deletes a user; a deleted user is not an error', async () => {
  addClerkUser('user_a', 1)
  expect(await directory.setExternalId('user_a', 'old-1')).toMatchObject({ externalId: 'old-1' })
  expect(await directory.updateNames('user_a', { firstName: 'Mina' })).toMatchObject({ firstName: 'Mina' })
  await directory.deleteUser('user_a')
  await directory.deleteUser('user_a')
  expect(await directory.getUser('user_a')).toBeNull()
  expect(await directory.setExternalId('user_a', 'old-1')).toBeNull()
})

describe('faults', () => {
  test('a 429 is ProviderUnavailable with the time of its Retry-After header', async () => {
    clerk.fault = { status: 429, headers: { 'retry-after': '30' } }
    const sentAt = Date.now()
    const error: unknown = await directory.listByIds(['user_a']).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    const seconds = ((error as { retryAt: Date }).retryAt.getTime() - sentAt) / 1_000
    expect(Math.floor(seconds)).toBe(30)
  })

  test('a list request times out', async () => {
    const release = clerk.pause()
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
