import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DomainError, IdempotencyConflict } from '../../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { CaptureTooLarge, HoldEnded, InsufficientCredits, NotInLedger } from '../errors.ts'
import { capture, grant, hold, refund, release, revoke, spend, verifyLedger } from '../index.ts'
import { creditMessages } from '../messages.ts'
import { balancesOf, debtsOf, expiringOf } from '../queries/balance.ts'
import { expireLots } from './expire.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** `back` counts back from the newest grant, spend or hold, so that a command refers to an existing one; null: a new one. */
type Command =
  | {
      readonly kind: 'grant'
      readonly back: number | null
      readonly amount: number
      readonly expiresInMs: number | null
    }
  | { readonly kind: 'spend' | 'hold'; readonly back: number | null; readonly amount: number }
  | { readonly kind: 'capture'; readonly back: number; readonly amount: number | undefined }
  | { readonly kind: 'release' | 'refund' | 'revoke'; readonly back: number }
  | { readonly kind: 'expire' }

interface Step {
  /** Time since the previous step; never 0, so that the order of creation is unambiguous. */
  readonly passedMs: number
  readonly command: Command
}

const amount = fc.integer({ min: 1, max: 6 })
const back = fc.constantFrom(0, 0, 0, 1, 1, 2, 3)
const rarelyRepeated = fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: back })
// 60 programs run about 250 grants, 130 spends and holds, 40 captures, releases and refunds, and 30 revocations.
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      back: rarelyRepeated,
      amount: fc.integer({ min: 1, max: 12 }),
      // The shortest expire at or about the time of the next step.
      expiresInMs: fc.constantFrom(null, null, 1, 3, 8, 13, 21, 34),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('spend' as const, 'hold' as const), back: rarelyRepeated, amount }),
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
// With bias most programs were too short to spend from two lots and to return credits to both.
const program = fc.noBias(
  fc.array(fc.record({ passedMs: fc.constantFrom(1, 1, 1, 2, 5), command }), {
    minLength: 8,
    maxLength: 25,
    size: 'max',
  }),
)

/** The rows that each command refers to. */
const targets = {
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
  expired: number
}

interface Part {
  readonly lot: Lot
  readonly amount: number
}

interface Spend {
  readonly amount: number
  /** In the order of spending. */
  readonly parts: readonly Part[]
}

interface Held extends Spend {
  isEnded: boolean
}

/** The change to the balance; a revocation also returns what is owed. */
interface Outcome {
  readonly amount: number
  readonly owed?: number
}

/**
 * A model of the ledger in memory. Lots expire as time passes and are kept in the order of creation. It needs no keys,
 * locks or sweeps.
 */
class Wallet {
  now = 0
  private readonly lots: Lot[] = []
  private readonly grants = new Map<number, Lot>()
  private readonly spendings = new Map<number, Spend>()
  private readonly refunded = new Set<number>()
  private readonly holds = new Map<number, Held>()
  private readonly revoked = new Map<number, Outcome>()
  private readonly debts: { readonly lot: Lot; due: number }[] = []

  get balance(): number {
    return sum(this.lots.map(({ remaining }) => remaining))
  }

  /** The open amount of each debt, oldest first. */
  get owed(): number[] {
    return this.debts.map(({ due }) => due)
  }

  /** The credits that expire, by expiry, earliest first. */
  get expiring(): { amount: number; expiresAt: number }[] {
    const byInstant = new Map<number, number>()
    for (const { remaining, expiresAt } of this.inOrder()) {
      if (remaining > 0 && expiresAt < Infinity) byInstant.set(expiresAt, (byInstant.get(expiresAt) ?? 0) + remaining)
    }
    return [...byInstant].map(([expiresAt, amount]) => ({ amount, expiresAt }))
  }

  pass(ms: number): void {
    this.now += ms
    this.expire()
  }

  /** The name of the row that a command refers to; for a new or missing one, the number of its step. */
  nameFor(command: Command, step: number): number {
    if (command.kind === 'expire' || command.back === null) return step
    return [...this[targets[command.kind]].keys()].at(-1 - command.back) ?? step
  }

  run(command: Command, name: number): Outcome {
    switch (command.kind) {
      case 'grant':
        return this.grant(name, command.amount, command.expiresInMs)
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

  private grant(name: number, amount: number, expiresInMs: number | null): Outcome {
    const known = this.grants.get(name)
    if (known && known.granted !== amount) throw new IdempotencyConflict()
    if (!known) {
      const expiresAt = expiresInMs === null ? Infinity : this.now + expiresInMs
      const lot = { granted: amount, remaining: amount, expired: 0, expiresAt }
      this.lots.push(lot)
      this.grants.set(name, lot)
    }
    return { amount }
  }

  private spend(name: number, amount: number): Outcome {
    const known = this.spendings.get(name)
    if (known && known.amount !== amount) throw new IdempotencyConflict()
    if (!known) this.spendings.set(name, this.takeOrThrow(amount))
    return { amount: -amount }
  }

  private hold(name: number, amount: number): Outcome {
    const known = this.holds.get(name)
    if (known && known.amount !== amount) throw new IdempotencyConflict()
    if (!known) this.holds.set(name, { ...this.takeOrThrow(amount), isEnded: false })
    return { amount: -amount }
  }

  private capture(name: number, wanted: number | undefined): Outcome {
    const held = this.heldOf(name)
    const amount = wanted ?? held.amount
    if (amount > held.amount) throw new CaptureTooLarge(String(name), held.amount)
    held.isEnded = true
    this.returnCredits(held, held.amount - amount)
    return { amount: 0 }
  }

  private release(name: number): Outcome {
    const held = this.heldOf(name)
    held.isEnded = true
    this.returnCredits(held, held.amount)
    return { amount: held.amount }
  }

  private refund(name: number): Outcome {
    const spending = this.spendings.get(name)
    if (!spending) throw new NotInLedger(creditMessages.noSpend())
    if (!this.refunded.has(name)) this.returnCredits(spending, spending.amount)
    this.refunded.add(name)
    return { amount: spending.amount }
  }

  private revoke(name: number): Outcome {
    const lot = this.grants.get(name)
    if (!lot) throw new NotInLedger(creditMessages.noGrant())
    const known = this.revoked.get(name)
    if (known) return known
    const due = lot.granted - lot.expired
    const taken = Math.min(due, this.balance)
    const fromOwnLot = Math.min(lot.remaining, taken)
    lot.remaining -= fromOwnLot
    this.take(taken - fromOwnLot)
    const owed = due - taken
    if (owed > 0) this.debts.push({ lot, due: owed })
    const outcome = { amount: taken, owed }
    this.revoked.set(name, outcome)
    return outcome
  }

  private heldOf(name: number): Held {
    const held = this.holds.get(name)
    if (!held) throw new NotInLedger(creditMessages.noHold({ reference: String(name) }))
    if (held.isEnded) throw new HoldEnded(String(name), 'ENDED')
    return held
  }

  private takeOrThrow(amount: number): Spend {
    if (this.balance < amount) throw new InsufficientCredits(amount, this.balance)
    return { amount, parts: this.take(amount) }
  }

  /** Takes from the lots that expire first, then from the oldest. */
  private take(amount: number): Part[] {
    let still = amount
    return this.inOrder().flatMap((lot) => {
      const part = Math.min(lot.remaining, still)
      lot.remaining -= part
      still -= part
      return part > 0 ? [{ lot, amount: part }] : []
    })
  }

  /** Fills the lots that expire last first. Expired credits are removed at once; the rest pays debts, oldest first. */
  private returnCredits({ parts }: Spend, amount: number): void {
    let still = amount
    for (const { lot, amount: taken } of parts.toReversed()) {
      const part = Math.min(taken, still)
      lot.remaining += part
      still -= part
    }
    let returned = amount - this.expire()
    for (const debt of this.debts) {
      const paid = Math.min(debt.due, returned)
      this.take(paid)
      debt.due -= paid
      returned -= paid
    }
  }

  private expire(): number {
    return sum(
      this.lots.map((lot) => {
        const expired = lot.expiresAt <= this.now ? lot.remaining : 0
        lot.remaining -= expired
        lot.expired += expired
        // The expired part of a revoked grant is not owed any more: it was never spent.
        for (const debt of this.debts) if (debt.lot === lot) debt.due -= Math.min(debt.due, expired)
        return expired
      }),
    )
  }

  private inOrder(): Lot[] {
    // Sorting is stable: lots with the same expiry, or none, keep the order of creation.
    return this.lots.toSorted((a, b) => (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt))
  }
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)

const description = 'A step'

interface Named {
  readonly command: Command
  readonly name: number
}

/** Runs the command on Postgres in its own transaction. */
async function runOnPostgres(userId: string, { command, name }: Named, now: Date): Promise<Outcome> {
  const { db } = app.app
  switch (command.kind) {
    case 'grant': {
      const { amount, expiresInMs } = command
      const expiresAt = expiresInMs === null ? null : new Date(now.getTime() + expiresInMs)
      const input = { userId, amount, source: 'GIFTS', key: `grant:${name}`, description, expiresAt, now } as const
      return outcomeOf(await db.transaction((tx) => grant(tx, input)))
    }
    case 'spend': {
      const input = { userId, amount: command.amount, key: `spend:${name}`, description, now }
      return outcomeOf(await db.transaction((tx) => spend(tx, input)))
    }
    case 'hold': {
      const input = { userId, amount: command.amount, reference: referenceOf(userId, name), description, now }
      return outcomeOf(await db.transaction((tx) => hold(tx, { ...input, deadline: now })))
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
      const input = { userId, spendKey: `spend:${name}`, description, now }
      return outcomeOf(await db.transaction((tx) => refund(tx, input)))
    }
    case 'revoke': {
      const input = { userId, grantKey: `grant:${name}`, description, now }
      const { taken, owed } = await db.transaction((tx) => revoke(tx, input))
      return { amount: taken, owed }
    }
    case 'expire':
      await expireLots(db, now)
      return { amount: 0 }
  }
}

const outcomeOf = ({ amount }: { readonly amount: number }): Outcome => ({ amount })
const referenceOf = (userId: string, name: number) => `step:${userId}:${name}`

/** The outcome, or the code of the error with its amounts. */
async function resultOf(run: () => Outcome | Promise<Outcome>): Promise<object> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { refusal: error.code, ...(error instanceof InsufficientCredits ? { available: error.available } : {}) }
  }
}

/** Cases that 60 random programs met once or never. */
const rare: Record<string, Step[]> = {
  'a refund settles a debt in full although another lot has expired without a sweep': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 5 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 3, expiresInMs: 1 } },
    { passedMs: 2, command: { kind: 'refund', back: 0 } },
  ],
  'a refund settles no more of a debt than the refunded amount': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 3 } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 2 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 9, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'refund', back: 0 } },
  ],
  'a partial capture leaves the credits that expire last': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: 9 } },
    { passedMs: 1, command: { kind: 'hold', back: null, amount: 6 } },
    { passedMs: 1, command: { kind: 'capture', back: 0, amount: 3 } },
    { passedMs: 9, command: { kind: 'expire' } },
  ],
  'a revocation takes from its own lot before lots that expire earlier': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: 9 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
  ],
  'of lots with the same expiry the oldest is spent first, as its revocation shows': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 4 } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: 9 } },
    { passedMs: 1, command: { kind: 'revoke', back: 1 } },
  ],
  'the oldest debt is settled first': [
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 4, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'grant', back: null, amount: 5, expiresInMs: null } },
    { passedMs: 1, command: { kind: 'spend', back: null, amount: 3 } },
    { passedMs: 1, command: { kind: 'hold', back: null, amount: 6 } },
    { passedMs: 1, command: { kind: 'revoke', back: 0 } },
    { passedMs: 1, command: { kind: 'revoke', back: 1 } },
    { passedMs: 1, command: { kind: 'refund', back: 0 } },
  ],
}

let runs = 0

test('any sequence of commands has the same results on Postgres as in the model', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      runs += 1
      const { id } = await createUser(app, `user-${runs}@example.com`)
      const { prisma } = app.app.db
      const began = Date.parse('2026-11-21T09:00:00Z')
      const wallet = new Wallet()
      for (const [index, { passedMs, command }] of steps.entries()) {
        wallet.pass(passedMs)
        const now = new Date(began + wallet.now)
        const name = wallet.nameFor(command, index)
        const expected = await resultOf(() => wallet.run(command, name))
        expect(await resultOf(() => runOnPostgres(id, { command, name }, now))).toEqual(expected)

        const [balances, debts, expiring] = await Promise.all([
          balancesOf(prisma, [id], now),
          debtsOf(prisma, [id], now),
          expiringOf(prisma, id, now),
        ])
        expect({ balance: balances.get(id) ?? 0, owed: debts.get(id) ?? 0, expiring }).toEqual({
          balance: wallet.balance,
          owed: sum(wallet.owed),
          expiring: wallet.expiring.map(({ amount, expiresAt }) => ({
            amount,
            expiresAt: new Date(began + expiresAt),
          })),
        })
      }
      await expireLots(app.app.db, new Date(began + wallet.now))
      const debts = await prisma.creditDebt.findMany({ where: { userId: id }, orderBy: { createdAt: 'asc' } })
      expect(debts.map(({ owed, settled, forgiven }) => owed - settled - forgiven)).toEqual(wallet.owed)
      const verdicts = await verifyLedger(app.app.db)
      expect(verdicts.filter(({ mismatches }) => mismatches > 0)).toEqual([])
    }),
    { numRuns: 100, examples: Object.values(rare).map((steps): [readonly Step[]] => [steps]) },
  )
})
