import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DomainError, IdempotencyConflict } from '../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { balancesOf, debtsOf, lapsingOf } from './balance.ts'
import { CaptureTooLarge, HoldEnded, InsufficientCredits, NotInLedger } from './errors.ts'
import { expireLots } from './expire.ts'
import { capture, grant, hold, refund, release, revoke, spend, verifyLedger } from './index.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** `back` counts from the newest of what was made, so that a program speaks of what is there; null makes another. */
type Command =
  | {
      readonly kind: 'grant'
      readonly back: number | null
      readonly amount: number
      readonly lapsesInMs: number | null
    }
  | { readonly kind: 'spend' | 'hold'; readonly back: number | null; readonly amount: number }
  | { readonly kind: 'capture'; readonly back: number; readonly amount: number | undefined }
  | { readonly kind: 'release' | 'refund' | 'revoke'; readonly back: number }
  | { readonly kind: 'expire' }

interface Step {
  /** Since the step before; never 0, so that what was made first is clear. */
  readonly passedMs: number
  readonly command: Command
}

const amount = fc.integer({ min: 1, max: 6 })
const back = fc.constantFrom(0, 0, 0, 1, 1, 2, 3)
const rarelyAgain = fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: back })
// 60 programs do some 250 grants, 130 spendings and holds, 40 captures, releases and refunds, 30 revocations.
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      back: rarelyAgain,
      amount: fc.integer({ min: 1, max: 12 }),
      // The first are over at the instant of the next step, or about then.
      lapsesInMs: fc.constantFrom(null, null, 1, 3, 8, 13, 21, 34),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('spend' as const, 'hold' as const), back: rarelyAgain, amount }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('capture' as const),
      back,
      amount: fc.option(amount, { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'refund' as const, 'revoke' as const), back }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'expire' as const }) },
)
// Biased, most programs were too short to take from two lots and give back to them.
const program = fc.noBias(
  fc.array(fc.record({ passedMs: fc.constantFrom(1, 1, 1, 2, 5), command }), {
    minLength: 8,
    maxLength: 25,
    size: 'max',
  }),
)

/** What commands are about. */
const topics = {
  grant: 'grants',
  revoke: 'grants',
  spend: 'spendings',
  refund: 'spendings',
  hold: 'holds',
  capture: 'holds',
  release: 'holds',
} as const

interface Lot {
  readonly granted: number
  readonly expiresAt: number
  remaining: number
  lapsed: number
}

interface Part {
  readonly lot: Lot
  readonly amount: number
}

interface Taking {
  readonly amount: number
  /** In the order of spending. */
  readonly parts: readonly Part[]
}

interface Held extends Taking {
  isEnded: boolean
}

/** What a command did to the balance; a revocation also says what is owed. */
interface Outcome {
  readonly amount: number
  readonly owed?: number
}

/**
 * The rules in memory. Lots lapse as time passes and stand in the order of their making; nothing is ever replayed,
 * locked or swept.
 */
class Wallet {
  now = 0
  private readonly lots: Lot[] = []
  private readonly grants = new Map<number, Lot>()
  private readonly spendings = new Map<number, Taking>()
  private readonly refunded = new Set<number>()
  private readonly holds = new Map<number, Held>()
  private readonly revoked = new Map<number, Outcome>()
  private readonly debts: { readonly lot: Lot; due: number }[] = []

  get balance(): number {
    return sum(this.lots.map(({ remaining }) => remaining))
  }

  /** What is still owed of each debt, the oldest first. */
  get owed(): number[] {
    return this.debts.map(({ due }) => due)
  }

  /** What lapses when, the soonest first. */
  get lapsing(): { amount: number; expiresAt: number }[] {
    const byInstant = new Map<number, number>()
    for (const { remaining, expiresAt } of this.inOrder()) {
      if (remaining > 0 && expiresAt < Infinity) byInstant.set(expiresAt, (byInstant.get(expiresAt) ?? 0) + remaining)
    }
    return [...byInstant].map(([expiresAt, amount]) => ({ amount, expiresAt }))
  }

  pass(ms: number): void {
    this.now += ms
    this.lapse()
  }

  /** The name of what a command is about. Of something new, and of what is not there, it is its step's. */
  nameFor(command: Command, step: number): number {
    if (command.kind === 'expire' || command.back === null) return step
    return [...this[topics[command.kind]].keys()].at(-1 - command.back) ?? step
  }

  run(command: Command, name: number): Outcome {
    switch (command.kind) {
      case 'grant':
        return this.grant(name, command.amount, command.lapsesInMs)
      case 'spend':
        return this.spend(name, command.amount)
      case 'hold':
        return this.hold(name, command.amount)
      case 'capture':
        return this.capture(name, command.amount)
      case 'release':
        return this.release(name)
      case 'refund':
        return this.refund(name)
      case 'revoke':
        return this.revoke(name)
      case 'expire':
        return { amount: 0 }
    }
  }

  private grant(name: number, amount: number, lapsesInMs: number | null): Outcome {
    const known = this.grants.get(name)
    if (known && known.granted !== amount) throw new IdempotencyConflict()
    if (!known) {
      const expiresAt = lapsesInMs === null ? Infinity : this.now + lapsesInMs
      const lot = { granted: amount, remaining: amount, lapsed: 0, expiresAt }
      this.lots.push(lot)
      this.grants.set(name, lot)
    }
    return { amount }
  }

  private spend(name: number, amount: number): Outcome {
    const known = this.spendings.get(name)
    if (known && known.amount !== amount) throw new IdempotencyConflict()
    if (!known) this.spendings.set(name, this.takeOrRefuse(amount))
    return { amount: -amount }
  }

  private hold(name: number, amount: number): Outcome {
    const known = this.holds.get(name)
    if (known && known.amount !== amount) throw new IdempotencyConflict()
    if (!known) this.holds.set(name, { ...this.takeOrRefuse(amount), isEnded: false })
    return { amount: -amount }
  }

  private capture(name: number, wanted: number | undefined): Outcome {
    const held = this.heldOf(name)
    const amount = wanted ?? held.amount
    if (amount > held.amount) throw new CaptureTooLarge(String(name), held.amount)
    held.isEnded = true
    this.giveBack(held, held.amount - amount)
    return { amount: 0 }
  }

  private release(name: number): Outcome {
    const held = this.heldOf(name)
    held.isEnded = true
    this.giveBack(held, held.amount)
    return { amount: held.amount }
  }

  private refund(name: number): Outcome {
    const spending = this.spendings.get(name)
    if (!spending) throw new NotInLedger('There is no such spending.')
    if (!this.refunded.has(name)) this.giveBack(spending, spending.amount)
    this.refunded.add(name)
    return { amount: spending.amount }
  }

  private revoke(name: number): Outcome {
    const lot = this.grants.get(name)
    if (!lot) throw new NotInLedger('There is no such grant.')
    const known = this.revoked.get(name)
    if (known) return known
    const due = lot.granted - lot.lapsed
    const taken = Math.min(due, this.balance)
    const ofItsOwn = Math.min(lot.remaining, taken)
    lot.remaining -= ofItsOwn
    this.take(taken - ofItsOwn)
    const owed = due - taken
    if (owed > 0) this.debts.push({ lot, due: owed })
    const outcome = { amount: taken, owed }
    this.revoked.set(name, outcome)
    return outcome
  }

  private heldOf(name: number): Held {
    const held = this.holds.get(name)
    if (!held) throw new NotInLedger('There is no such hold.')
    if (held.isEnded) throw new HoldEnded(String(name), 'ENDED')
    return held
  }

  private takeOrRefuse(amount: number): Taking {
    if (this.balance < amount) throw new InsufficientCredits(amount, this.balance)
    return { amount, parts: this.take(amount) }
  }

  /** What lapses soonest first, then the oldest. */
  private take(amount: number): Part[] {
    let still = amount
    return this.inOrder().flatMap((lot) => {
      const part = Math.min(lot.remaining, still)
      lot.remaining -= part
      still -= part
      return part > 0 ? [{ lot, amount: part }] : []
    })
  }

  /** To what lapses last first. What has lapsed is gone again at once; of the rest debts are paid, the oldest first. */
  private giveBack({ parts }: Taking, amount: number): void {
    let still = amount
    for (const { lot, amount: taken } of parts.toReversed()) {
      const part = Math.min(taken, still)
      lot.remaining += part
      still -= part
    }
    let brought = amount - this.lapse()
    for (const debt of this.debts) {
      const paid = Math.min(debt.due, brought)
      this.take(paid)
      debt.due -= paid
      brought -= paid
    }
  }

  private lapse(): number {
    return sum(
      this.lots.map((lot) => {
        const lapsed = lot.expiresAt <= this.now ? lot.remaining : 0
        lot.remaining -= lapsed
        lot.lapsed += lapsed
        // What lapses of a grant that was taken back is owed no longer: it was never spent.
        for (const debt of this.debts) if (debt.lot === lot) debt.due -= Math.min(debt.due, lapsed)
        return lapsed
      }),
    )
  }

  private inOrder(): Lot[] {
    // Sorting is stable: those that lapse at one instant, or never, stay in the order of their making.
    return this.lots.toSorted((a, b) => (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt))
  }
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

const description = 'A step'

interface Named {
  readonly command: Command
  readonly name: number
}

/** The same on Postgres, in a transaction of its own. */
async function runOnPostgres(userId: string, { command, name }: Named, now: Date): Promise<Outcome> {
  const { db } = app.app
  switch (command.kind) {
    case 'grant': {
      const { amount, lapsesInMs } = command
      const expiresAt = lapsesInMs === null ? null : new Date(now.getTime() + lapsesInMs)
      const wish = { userId, amount, source: 'GIFTS', key: `grant:${name}`, description, expiresAt, now } as const
      return outcomeOf(await db.transaction((tx) => grant(tx, wish)))
    }
    case 'spend': {
      const wish = { userId, amount: command.amount, key: `spend:${name}`, description, now }
      return outcomeOf(await db.transaction((tx) => spend(tx, wish)))
    }
    case 'hold': {
      const wish = { userId, amount: command.amount, reference: referenceOf(userId, name), description, now }
      return outcomeOf(await db.transaction((tx) => hold(tx, { ...wish, deadline: now })))
    }
    case 'capture': {
      const { amount } = command
      const ending = { reference: referenceOf(userId, name), description, now, ...(amount ? { amount } : {}) }
      return outcomeOf(await db.transaction((tx) => capture(tx, ending)))
    }
    case 'release': {
      const ending = { reference: referenceOf(userId, name), description, now }
      return outcomeOf(await db.transaction((tx) => release(tx, ending)))
    }
    case 'refund': {
      const wish = { userId, spendKey: `spend:${name}`, description, now }
      return outcomeOf(await db.transaction((tx) => refund(tx, wish)))
    }
    case 'revoke': {
      const wish = { userId, grantKey: `grant:${name}`, description, now }
      const { taken, owed } = await db.transaction((tx) => revoke(tx, wish))
      return { amount: taken, owed }
    }
    case 'expire':
      await expireLots(db, now)
      return { amount: 0 }
  }
}

const outcomeOf = ({ amount }: { readonly amount: number }): Outcome => ({ amount })
const referenceOf = (userId: string, name: number) => `step:${userId}:${name}`

/** What came of it: the outcome, or the class of the refusal with what it counted. */
async function told(run: () => Outcome | Promise<Outcome>): Promise<object> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { refusal: error.code, ...(error instanceof InsufficientCredits ? { available: error.available } : {}) }
  }
}

/** What chance alone met in none or one of 60 programs. */
const rare: Record<string, Step[]> = {
  'a debt is settled by all that is given back, whatever else has lapsed unswept': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 5 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 3, lapsesInMs: 1 } },
    { passedMs: 2, command: { kind: 'refund', back: 0 } },
  ],
  'a debt is settled by no more than what is given back': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 3 } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 2 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 9, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'refund', back: 0 } },
  ],
  'a part capture leaves what lapses last': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: 9 } },
    { passedMs: 1, command: { kind: 'hold', back: null, amount: 6 } },
    { passedMs: 1, command: { kind: 'capture', back: 0, amount: 3 } },
    { passedMs: 9, command: { kind: 'expire' } },
  ],
  'a revoked grant gives its own lot before what lapses sooner': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: 9 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
  ],
  'of lots that lapse together the oldest is spent first, as its revocation shows': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 4 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: 9 } },
    { passedMs: 1, command: { kind: 'revoke', back: 1 } },
  ],
  'the oldest debt is settled first': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, lapsesInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 3 } },
    { passedMs: 1, command: { kind: 'hold', back: null, amount: 6 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'revoke', back: 1 } },
    { passedMs: 1, command: { kind: 'refund', back: 0 } },
  ],
}

let runs = 0

test('any program does on Postgres what the rules say', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      runs += 1
      const { id } = await createPerson(app, `person-${runs}@example.com`)
      const { prisma } = app.app.db
      const began = Date.parse('2026-11-21T09:00:00Z')
      const wallet = new Wallet()
      for (const [index, { passedMs, command }] of steps.entries()) {
        wallet.pass(passedMs)
        const now = new Date(began + wallet.now)
        const name = wallet.nameFor(command, index)
        const expected = await told(() => wallet.run(command, name))
        expect(await told(() => runOnPostgres(id, { command, name }, now))).toEqual(expected)

        const [balances, debts, lapsing] = await Promise.all([
          balancesOf(prisma, [id], now),
          debtsOf(prisma, [id], now),
          lapsingOf(prisma, id, now),
        ])
        expect({ balance: balances.get(id) ?? 0, owed: debts.get(id) ?? 0, lapsing }).toEqual({
          balance: wallet.balance,
          owed: sum(wallet.owed),
          lapsing: wallet.lapsing.map(({ amount, expiresAt }) => ({ amount, expiresAt: new Date(began + expiresAt) })),
        })
      }
      await expireLots(app.app.db, new Date(began + wallet.now))
      const debts = await prisma.creditDebt.findMany({ where: { userId: id }, orderBy: { createdAt: 'asc' } })
      expect(debts.map(({ owed, settled, forgiven }) => owed - settled - forgiven)).toEqual(wallet.owed)
      const verdicts = await verifyLedger(app.app.db)
      expect(verdicts.filter(({ lies }) => lies > 0)).toEqual([])
    }),
    { numRuns: 100, examples: Object.values(rare).map((steps): [readonly Step[]] => [steps]) },
  )
})
