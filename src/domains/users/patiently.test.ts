import { expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { patiently } from './patiently.ts'
import { ClerkRefused } from './ports.ts'

const now = new Date('2026-03-01T00:00:00Z')

/** Fails so often as there are errors, then answers 'yes'; and the pauses between. */
async function ask(errors: readonly Error[]) {
  const pauses: number[] = []
  const left = [...errors]
  const patience = { clock: () => now, wait: async (ms: number) => void pauses.push(ms) }
  const answer = patiently(patience, async () => {
    const error = left.shift()
    if (error) throw error
    return 'yes'
  })
  return { answer: await answer.catch((error: unknown) => error), pauses }
}

const busy = (seconds: number) =>
  new ProviderUnavailable('Clerk', { retryAt: new Date(now.getTime() + seconds * 1_000), cause: { status: 429 } })
const away = () => new ProviderUnavailable('Clerk', { cause: new Error('no answer within 30000 ms') })

test('it waits as long as Clerk asks for', async () => {
  expect(await ask([busy(30), busy(7)])).toEqual({ answer: 'yes', pauses: [30_000, 7_000] })
})

test('a moment that has passed is no wait', async () => {
  expect(await ask([busy(-5)])).toEqual({ answer: 'yes', pauses: [0] })
})

test('without a word from Clerk the pauses double, and end after two minutes', async () => {
  const { answer, pauses } = await ask(Array.from({ length: 20 }, away))
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000])
  expect(answer).toMatchObject({
    name: 'GaveUp',
    message: expect.stringContaining('did not answer 8 times in a row (no answer within 30000 ms)'),
  })
})

test('it does not wait for an hour', async () => {
  expect(await ask([busy(3_600)])).toMatchObject({ answer: { name: 'GaveUp' }, pauses: [] })
})

test('a secret key that Clerk refuses is not tried again', async () => {
  const { answer, pauses } = await ask([new ProviderUnavailable('Clerk', { cause: { status: 401 } })])
  expect(pauses).toEqual([])
  expect(answer).toMatchObject({ message: 'Clerk refuses the secret key (401). Check CLERK_SECRET_KEY.' })
})

test.each([new ClerkRefused('no'), new Error('ours')])('other errors go through: %s', async (error) => {
  expect(await ask([error])).toEqual({ answer: error, pauses: [] })
})
