import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkUser } from '../../testing/clerk.ts'
import { processPendingEvents, sendClerkBody } from '../../testing/clerk-events.ts'
import { users } from './services.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const people = ['ann', 'ben'] as const
const addresses = ['one@example.com', 'two@example.com', 'three@example.com']

interface Change {
  readonly person: (typeof people)[number]
  readonly isDeletion: boolean
  /** The time since the previous change. 0: Clerk made two changes within a millisecond. */
  readonly passedMs: number
  readonly data: object
}

const change: fc.Arbitrary<Change> = fc.record({
  person: fc.constantFrom(...people),
  isDeletion: fc.nat(11).map((n) => n === 0),
  passedMs: fc.constantFrom(0, 1, 1_000),
  data: fc.record({
    first_name: fc.option(fc.constantFrom('Mina', 'Jun', ''), { nil: null }),
    last_name: fc.option(fc.constantFrom('Kim', 'Lee'), { nil: null }),
    username: fc.option(fc.constant('mina'), { nil: null }),
    banned: fc.nat(5).map((n) => n === 0),
    locked: fc.nat(5).map((n) => n === 0),
    address: fc.option(fc.constantFrom(...addresses), { nil: null }),
  }),
})

interface Event {
  readonly eventId: string
  readonly clerkId: string
  readonly body: string
}

/** The events that Clerk sends for a history, oldest first, for the users of this run. */
function eventsOf(history: readonly Change[], run: string): Event[] {
  let at = Date.parse('2026-11-21T09:00:00Z')
  const seen = new Set<string>()
  return history.map(({ person, isDeletion, passedMs, data }, index) => {
    at += passedMs
    const clerkId = `user_${run}_${person}`
    const type = isDeletion ? 'user.deleted' : seen.has(clerkId) ? 'user.updated' : 'user.created'
    seen.add(clerkId)
    const { address, ...fields } = data as { address: string | null }
    const email_addresses = address
      ? [{ id: 'idn_1', email_address: address, verification: { status: 'verified' } }]
      : []
    const sent = isDeletion
      ? { object: 'user', deleted: true, id: clerkId }
      : clerkUser(clerkId, {
          ...fields,
          email_addresses,
          primary_email_address_id: address ? 'idn_1' : null,
          updated_at: at,
        })
    // Events of one millisecond are ordered by their ids: Svix gives a later message a greater id.
    const eventId = `msg_${run}_${String(index).padStart(3, '0')}`
    return { eventId, clerkId, body: JSON.stringify({ object: 'event', type, timestamp: at + 40, data: sent }) }
  })
}

async function deliver({ eventId, body }: Event): Promise<void> {
  expect(await sendClerkBody(app, body, eventId)).toBe(200)
}

/** The final state of the users of a run, without the columns that differ between runs. */
async function readFinalState(run: string): Promise<object[]> {
  const rows = await app.app.db.prisma.user.findMany({
    where: { clerkId: { startsWith: `user_${run}_` } },
    orderBy: { clerkId: 'asc' },
  })
  return rows.map(({ id, createdAt, clerkVersion, lockedUntil, emailEncrypted, ...row }) => {
    const person = row.clerkId?.split('_').at(-1)
    // The data of a user who is being deleted does not matter.
    if (row.standing === 'DELETED' || row.standing === 'DELETING') return { person, isDeleted: true }
    return { ...row, person, clerkId: null, email: app.app.services(users).emails.read(emailEncrypted) }
  })
}

let runs = 0

test('events in any order, with repetitions, have the same result as events in order', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 7 }),
      fc.infiniteStream(fc.nat()),
      fc.boolean(),
      async (history, choices, atOnce) => {
        runs += 1
        const [ordered, shuffled] = [`o${runs}`, `s${runs}`]
        for (const event of eventsOf(history, ordered)) {
          await deliver(event)
          await workOff()
        }

        const twice = eventsOf(history, shuffled).flatMap((event) => [event, event])
        while (twice.length > 0) {
          const [next] = twice.splice((choices.next().value ?? 0) % twice.length, 1)
          if (next) await deliver(next)
          if (!atOnce) await workOff()
        }
        await workOff()

        expect(await readFinalState(shuffled)).toEqual(await readFinalState(ordered))
      },
    ),
    { numRuns: 60 },
  )
})

async function workOff(): Promise<void> {
  await processPendingEvents(app)
  expect(await app.app.db.prisma.inboxEvent.count({ where: { state: { not: 'PROCESSED' } } })).toBe(0)
}
