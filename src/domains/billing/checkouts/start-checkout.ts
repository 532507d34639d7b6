import { v7 as uuidv7 } from 'uuid'
import type { Tx } from '../../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../../platform/errors.ts'
import { claimKey, keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { withTimeout } from '../../../platform/with-timeout.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { WebCheckoutUnavailable } from '../errors.ts'
import { billingMessages } from '../messages.ts'
import type { BillingServices } from '../services.ts'
import { prepareCheckout } from './job-types.ts'

const lifetimeMs = 24 * 3_600_000
/** How long the response waits for the first attempt. The attempt continues after that. */
const maxResponseDelayMs = 3_000
/** The delay of the job that makes the first attempt if the request was killed before it. */
const firstJobDelayMs = 15_000
/** More than a user starts in a day, and few enough to store. */
const maxOpen = 20

export interface StartCheckoutInput {
  readonly productKey: string
  readonly idempotencyKey: string
}

/**
 * Starts a purchase: stores a row and a job in one transaction and makes the first attempt at once, so that the checkout
 * is usually READY. The same key returns the same checkout. Resolves to its id; throws InvalidInput, NotFound (the product), IdempotencyConflict, WebCheckoutUnavailable.
 */
export async function startCheckout(
  services: BillingServices,
  viewer: Viewer,
  input: StartCheckoutInput,
): Promise<string> {
  check(services, input)
  const now = services.clock()
  const id = await runAs(services, viewer, (tx) => insertCheckout(tx, viewer.id, input, now))

  await withTimeout(maxResponseDelayMs, services.attemptCheckout(id)).catch(() => undefined)
  return id
}

function check({ plans, revenueCat }: BillingServices, { productKey, idempotencyKey }: StartCheckoutInput): void {
  const product = plans.products.find(({ key }) => key === productKey)
  const key = keyProblem(idempotencyKey)
  if (!product && !key) throw new NotFound(billingMessages.productNotFound())
  if (!revenueCat.canSell && !key) throw new WebCheckoutUnavailable()
  const invalid = InvalidInput.ofFields({
    productKey: product?.webPackage === null ? billingMessages.notSoldOnTheWeb({ product: product.name }) : null,
    idempotencyKey: key,
  })
  if (invalid) throw invalid
}

async function insertCheckout(
  tx: Tx,
  userId: string,
  { productKey, idempotencyKey }: StartCheckoutInput,
  now: Date,
): Promise<string> {
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
    throw InvalidInput.of('productKey', billingMessages.tooManyCheckouts({ open }))
  }
  const expiresAt = new Date(now.getTime() + lifetimeMs)
  await tx.checkout.create({ data: { id, userId, productKey, nextAttemptAt: now, createdAt: now, expiresAt } })
  await enqueue(tx, prepareCheckout, { id }, { key: id, runAt: new Date(now.getTime() + firstJobDelayMs) })
  return id
}
