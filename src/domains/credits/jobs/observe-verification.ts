import { verifyLedger } from '../queries/verify-ledger.ts'
import type { CreditsServices } from '../services.ts'

const outcomes = ['ok', 'mismatch', 'failed'] as const

/** Returns a job that checks the ledger. It logs every mismatch and reports the outcome as metrics, for alerts. */
export function observeVerification({ db, clock, log, metrics }: CreditsServices): () => Promise<void> {
  const verifications = metrics.counter(
    'ledger_verifications_total',
    'Checks of the ledger by outcome: ok, mismatch, or failed (the check could not run).',
    ['outcome'],
  )
  // Start at 0: Prometheus sees no increase in a counter that is first exposed at 1.
  for (const outcome of outcomes) verifications.add({ outcome }, 0)
  const verifiedAt = metrics.gauge(
    'ledger_last_verified_timestamp_seconds',
    'When this process last completed a check of the ledger.',
  )
  const mismatches = metrics.gauge('ledger_mismatches', 'Rows that violated an invariant of the ledger in that check.')
  return async () => {
    try {
      const violated = (await verifyLedger(db)).filter((verdict) => verdict.mismatches > 0)
      for (const { name, mismatches: rows, example } of violated) {
        log.fatal({ invariant: name, mismatches: rows, example }, 'the ledger violates an invariant')
      }
      verifications.add({ outcome: violated.length > 0 ? 'mismatch' : 'ok' })
      mismatches.set(
        {},
        violated.reduce((sum, verdict) => sum + verdict.mismatches, 0),
      )
      verifiedAt.set({}, clock().getTime() / 1_000)
    } catch (error) {
      verifications.add({ outcome: 'failed' })
      throw error
    }
  }
}
