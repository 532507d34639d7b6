import { expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { ClerkRefused } from './ports.ts'
import { retryClerk } from './retry-clerk.ts'

const now = new Date('2026-03-01T00:00:00Z')

/** Fails once per error, then answers 'yes'; returns the delays between the attempts. */
async function callClerk(errors: readonly Error[]) {
  const pauses: number[] = []
  const left = [...errors]
  const retryClock = { clock: () => now, wait: async (ms: number) => void pauses.push(ms) }
  const answer = retryClerk(retryClock, async () => {
    const error = left.shift()
    if (error) throw error
    return 'yes'
  })
  return { answer: await answer.catch((error: unknown) => error), pauses }
}

const busy = (seconds: number) =>
  new ProviderUnavailable('Clerk', { retryAt: new Date(now.getTime() + seconds * 1_000), cause: { status: 429 } })
const unreachable = () => new ProviderUnavailable('Clerk', { cause: new Error('no answer within 30000 ms') })

test('waits as long as Retry-After says', async () => {
  expect(await callClerk([busy(30), busy(7)])).toEqual({ answer: 'yes', pauses: [30_000, 7_000] })
})

test('does not wait for an instant that has passed', async () => {
  expect(await callClerk([busy(-5)])).toEqual({ answer: 'yes', pauses: [0] })
})

test('without Retry-After the delays double, and end after two minutes', async () => {
  const { answer, pauses } = await callClerk(Array.from({ length: 20 }, unreachable))
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000])
  expect(answer).toMatchObject({
    name: 'GaveUp',
    message: expect.stringContaining('did not answer 8 times in a row (no answer within 30000 ms)'),
  })
})

test('does not wait for an hour', async () => {
  expect(await callClerk([busy(3_600)])).toMatchObject({ answer: { name: 'GaveUp' }, pauses: [] })
})

test('does not retry when Clerk refuses the secret key', async () => {
  const { answer, pauses } = await callClerk([new ProviderUnavailable('Clerk', { cause: { status: 401 } })])
  expect(pauses).toEqual([])
  expect(answer).toMatchObject({ message: 'Clerk refuses the secret key (401). Check CLERK_SECRET_KEY.' })
})

test.each([new ClerkRefused('no'), new Error('ours')])('throws other errors as they are: %s', async (error) => {
  expect(await callClerk([error])).toEqual({ answer: error, pauses: [] })
})
