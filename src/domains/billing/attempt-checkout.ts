import type { Checkout } from '../../generated/prisma/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { prepareCheckout } from './checkout-jobs.ts'
import type { RevenueCat } from './ports.ts'

/** The first one and two again. */
const maxAttempts = 3
const retryMs = 6 * 3_600_000

export interface AttemptCheckoutPorts {
  readonly db: Database
  readonly revenueCat: RevenueCat
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Tries to make a checkout ready, if it is its time. Never throws because of the provider. */
export type AttemptCheckout = (id: string) => Promise<void>

/**
 * An attempt claims the checkout first and gives it its next time, six hours on, with the job for it; only then it asks
 * RevenueCat. So of many at once one asks, and an attempt that was killed half way is made up for at that time. After the
 * third failure the checkout is FAILED.
 */
export function checkoutAttempts(ports: AttemptCheckoutPorts): AttemptCheckout {
  const { db, revenueCat, clock, log, metrics } = ports
  const retries = metrics.counter(
    'payment_retry_total',
    'Attempts to make a checkout ready that followed a failed one.',
  )
  return async (id) => {
    const claimed = await db.transaction((tx) => claim(tx, id, clock()))
    if (!claimed) return giveUp(db, id, clock())
    const { userId, attempts } = claimed
    if (attempts > 1) retries.add({})
    try {
      await revenueCat.readCustomer(userId)
    } catch (error) {
      log.warn({ err: error, checkoutId: id, attempts }, 'a checkout could not be made ready')
      if (attempts >= maxAttempts) await end(db, id, 'FAILED')
      return
    }
    await end(db, id, 'READY')
  }
}

/** Null where it is not its time, the attempts are used up, or the person is leaving. */
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

/** The last attempt was killed before it could say how it went. */
async function giveUp({ prisma }: Database, id: string, now: Date): Promise<void> {
  await prisma.checkout.updateMany({
    where: { id, status: 'PENDING', attempts: { gte: maxAttempts }, nextAttemptAt: { lte: now } },
    data: { status: 'FAILED', nextAttemptAt: null },
  })
}

/** A purchase that came meanwhile stays. */
async function end({ prisma }: Database, id: string, status: 'READY' | 'FAILED'): Promise<void> {
  await prisma.checkout.updateMany({ where: { id, status: 'PENDING' }, data: { status, nextAttemptAt: null } })
}
