import { v7 as uuidv7 } from 'uuid'
import type { Plans } from '../../config/plans.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../platform/errors.ts'
import { claimKey, keyProblem } from '../../platform/idempotency/idempotency.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import { within } from '../../platform/within.ts'
import type { AttemptCheckout } from './attempt-checkout.ts'
import { prepareCheckout } from './checkout-jobs.ts'
import { NothingSold } from './errors.ts'
import type { RevenueCat } from './ports.ts'

const lifetimeMs = 24 * 3_600_000
/** The answer waits so long for the first attempt, which goes on if it takes longer. */
const patienceMs = 3_000
/** The job of a checkout whose request dies before its first attempt. */
const afterRequestMs = 15_000
/** More than a person opens in a day, and little enough to keep. */
const maxOpen = 20

export interface StartCheckoutPorts {
  readonly db: Database
  readonly plans: Plans
  readonly revenueCat: RevenueCat
  readonly attemptCheckout: AttemptCheckout
}

export interface CheckoutWish {
  readonly userId: string
  readonly productKey: string
  readonly idempotencyKey: string
  readonly now: Date
}

/**
 * Begins a purchase: a row and a job in one transaction, and the first attempt at once, so that it is usually READY. The
 * same key gives the same checkout. Resolves to its id; throws InvalidInput, NotFound (the product), IdempotencyConflict, NothingSold.
 */
export async function startCheckout(ports: StartCheckoutPorts, wish: CheckoutWish): Promise<string> {
  const { db, attemptCheckout } = ports
  check(ports, wish)
  const id = await db.transaction((tx) => insertCheckout(tx, wish))

  await within(patienceMs, attemptCheckout(id)).catch(() => undefined)
  return id
}

function check({ plans, revenueCat }: StartCheckoutPorts, { productKey, idempotencyKey }: CheckoutWish): void {
  const problem = keyProblem(idempotencyKey)
  if (problem) throw InvalidInput.at(['input', 'idempotencyKey'], problem)
  const product = plans.products.find(({ key }) => key === productKey)
  if (!product) throw new NotFound('product')
  if (!revenueCat.canSell) throw new NothingSold()
  if (product.webPackage === null) {
    throw InvalidInput.at(['input', 'productKey'], `${product.name} is not sold on the web. Buy it in the app.`)
  }
}

async function insertCheckout(tx: Tx, { userId, productKey, idempotencyKey, now }: CheckoutWish): Promise<string> {
  const claimed = await claimKey(tx, {
    userId,
    mutation: 'startCheckout',
    key: idempotencyKey,
    input: [productKey],
    result: { checkoutId: uuidv7() },
    now,
  })
  const id = claimed.result.checkoutId
  if (!claimed.isNew) return id

  const open = await tx.checkout.count({
    where: { userId, status: { in: ['PENDING', 'READY'] }, expiresAt: { gt: now } },
  })
  if (open >= maxOpen) {
    const message = `You have begun ${open} purchases and finished none. Go on with one of them, or come back tomorrow.`
    throw InvalidInput.at(['input', 'productKey'], message)
  }
  const expiresAt = new Date(now.getTime() + lifetimeMs)
  await tx.checkout.create({ data: { id, userId, productKey, nextAttemptAt: now, createdAt: now, expiresAt } })
  await enqueue(tx, prepareCheckout, { id }, { key: id, runAt: new Date(now.getTime() + afterRequestMs) })
  return id
}
