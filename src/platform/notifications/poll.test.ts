import { expect, test } from 'vitest'
import { createLog } from '../observability/log.ts'
import { createPoll } from './poll.ts'

interface Entry {
  readonly name: string
}

/** A poll whose checks are noted and wait for their answer. */
function startPoll() {
  const lines: string[] = []
  const checks: { names: string[]; answer(found: readonly Entry[] | Error): void }[] = []
  const poll = createPoll<Entry>({
    name: 'test',
    everyMs: 1,
    log: createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } }),
    find(entries) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Entry[]>()
      checks.push({
        names: entries.map(({ name }) => name),
        answer: (found) => (found instanceof Error ? reject(found) : resolve(found)),
      })
      return promise
    },
  })
  /** The check with this number, once it has begun. */
  const check = async (number: number) => {
    await expect.poll(() => checks.length, { interval: 1 }).toBeGreaterThanOrEqual(number)
    return checks[number - 1]
  }
  return { poll, check, checks, lines }
}

test('a check covers all entries, and calls each that is found', async () => {
  const { poll, check } = startPoll()
  const found: string[] = []
  const entries = ['a', 'b', 'c'].map((name) => ({ name }))
  const leave = entries.map((entry) => poll.add(entry, () => found.push(entry.name)))
  const first = await check(1)
  expect(first?.names).toEqual(['a', 'b', 'c'])
  first?.answer(entries.slice(0, 2))
  const second = await check(2)
  expect(found).toEqual(['a', 'b'])
  leave[0]?.()
  // It was removed during the check.
  second?.answer(entries)
  expect((await check(3))?.names).toEqual(['b', 'c'])
  expect(found).toEqual(['a', 'b', 'b', 'c'])
  for (const stop of leave) stop()
})

test('one check runs at a time, and requests during a check lead to one more', async () => {
  const { poll, check, checks } = startPoll()
  const stop = poll.add({ name: 'a' }, () => undefined)
  const first = await check(1)
  for (let n = 0; n < 5; n += 1) poll.checkNow()
  expect(checks).toHaveLength(1)
  first?.answer([])
  const second = await check(2)
  expect(checks).toHaveLength(2)
  stop()
  second?.answer([])
})

test('a check that fails is repeated, and logged once until one succeeds', async () => {
  const { poll, check, lines } = startPoll()
  const stop = poll.add({ name: 'a' }, () => undefined)
  for (const number of [1, 2, 3]) (await check(number))?.answer(new Error('The database does not answer.'))
  ;(await check(4))?.answer([])
  expect(lines).toEqual([expect.stringContaining('a poll failed')])
  ;(await check(5))?.answer(new Error('Again.'))
  const sixth = await check(6)
  expect(lines).toHaveLength(2)
  stop()
  sixth?.answer([])
})

test('without entries nothing is checked', async () => {
  const { poll, check, checks } = startPoll()
  const stop = poll.add({ name: 'a' }, () => undefined)
  ;(await check(1))?.answer([])
  stop()
  const count = checks.length
  poll.checkNow()
  expect(checks).toHaveLength(count)
})
