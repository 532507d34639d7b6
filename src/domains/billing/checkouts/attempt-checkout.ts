import type { Checkout } from '../../../generated/prisma/client.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Log } from '../../../platform/observability/log.ts'
import type { Metrics } from '../../../platform/observability/metrics.ts'
import type { RevenueCat } from '../ports.ts'
import { prepareCheckout } from './job-types.ts'

/** The first attempt and two retries. */
const maxAttempts = 3
const retryMs = 6 * 3_600_000

export interface AttemptCheckoutPorts {
  readonly db: Database
  readonly revenueCat: RevenueCat
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Prepares a checkout if its next attempt is due. Never throws because of the provider. */
export type AttemptCheckout = (id: string) => Promise<void>

/**
 * An attempt first claims the checkout: it sets the next attempt to six hours later and adds the job for it. Only then it
 * calls RevenueCat. So of concurrent attempts only one calls, and an attempt that was killed is repeated at that time.
 * After the third failure the checkout is FAILED.
 */
export function createAttemptCheckout(ports: AttemptCheckoutPorts): AttemptCheckout {
  const { db, revenueCat, clock, log, metrics } = ports
  const retries = metrics.counter(
    'payment_retry_total',
    'Attempts to make a checkout ready that followed a failed one.',
  )
  return async (id) => {
    const claimed = await db.transaction((tx) => claim(tx, id, clock()))
    if (!claimed) return failAbandoned(db, id, clock())
    const { userId, attempts } = claimed
    if (attempts > 1) retries.add({})
    try {
      await revenueCat.readCustomer(userId)
    } catch (error) {
      log.warn({ err: error, checkoutId: id, attempts }, 'a checkout could not be prepared')
      if (attempts >= maxAttempts) await setOutcome(db, id, 'FAILED')
      return
    }
    await setOutcome(db, id, 'READY')
  }
}

/** Returns null if no attempt is due, all attempts are used, or the user is being deleted. */
async function claim(tx: Tx, id: string, now: Date): Promise<Pick<Checkout, 'userId' | 'attempts'> | null> {
  const next = new Date(now.getTime() + retryMs)
  const [claimed] = await tx.$queryRaw<Pick<Checkout, 'userId' | 'attempts'>[]>`
    UPDATE checkouts SET attempts = attempts + 1, next_attempt_at = ${next}
    WHERE id = ${id}::uuid AND status = 'PENDING' AND attempts < ${maxAttempts}
      AND next_attempt_at <= ${now} AND expires_at > ${now}
      AND EXISTS (SELECT FROM users WHERE users.id = user_id AND is_present)
    RETURNING user_id AS "userId", attempts`
  if (!claimed) return null
  await enqueue(tx, prepareCheckout, { id }, { key: id, runAt: next })
  return claimed
}

/** Sets the checkout to FAILED if its last attempt was killed before it stored an outcome. */
async function failAbandoned({ prisma }: Database, id: string, now: Date): Promise<void> {
  await prisma.checkout.updateMany({
    where: { id, status: 'PENDING', attempts: { gte: maxAttempts }, nextAttemptAt: { lte: now } },
    data: { status: 'FAILED', nextAttemptAt: null },
  })
}

/** Changes PENDING only, so that a purchase received in the meantime is kept. */
async function setOutcome({ prisma }: Database, id: string, status: 'READY' | 'FAILED'): Promise<void> {
  await prisma.checkout.updateMany({ where: { id, status: 'PENDING' }, data: { status, nextAttemptAt: null } })
}
