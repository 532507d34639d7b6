import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { verifyLedger } from './verify-ledger.ts'

const outcomes = ['honest', 'lies', 'failed'] as const

export interface VerificationPorts {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** A check of the ledger that tells whoever is on call: by the log what lies, by metrics that it does. */
export function watchedVerification({ db, clock, log, metrics }: VerificationPorts): () => Promise<void> {
  const verifications = metrics.counter(
    'ledger_verifications_total',
    'Checks of the ledger by outcome: honest, lies, or failed (it could not be checked).',
    ['outcome'],
  )
  // What is first seen at 1 has not grown, as Prometheus counts.
  for (const outcome of outcomes) verifications.add({ outcome }, 0)
  const verifiedAt = metrics.gauge(
    'ledger_last_verified_timestamp_seconds',
    'When this process last checked all of it.',
  )
  const lying = metrics.gauge('ledger_lies', 'How many rows did not hold what the ledger promises, then.')
  return async () => {
    try {
      const lies = (await verifyLedger(db)).filter((verdict) => verdict.lies > 0)
      for (const { name, lies: rows, example } of lies) {
        log.fatal({ invariant: name, lies: rows, example }, 'the ledger lies')
      }
      verifications.add({ outcome: lies.length > 0 ? 'lies' : 'honest' })
      lying.set(
        {},
        lies.reduce((sum, verdict) => sum + verdict.lies, 0),
      )
      verifiedAt.set({}, clock().getTime() / 1_000)
    } catch (error) {
      verifications.add({ outcome: 'failed' })
      throw error
    }
  }
}
