import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Removes expired credits from wallets. */
export const expireLots = defineJob({ name: 'credits.expire-lots', payload: z.object({}), priority: 'sweep' })

/** Notifies a user whose credits were revoked. */
export const notifyRevoked = defineJob({
  name: 'credits.notify-revoked',
  payload: z.object({ transactionId: z.uuid() }),
})

/** Captures, releases or extends holds whose deadline has passed. */
export const sweepHolds = defineJob({ name: 'credits.sweep-holds', payload: z.object({}), priority: 'sweep' })

/** Deletes expired hashes: of addresses that had the sign-up gift, and of erased users' addresses. */
export const forgetAddresses = defineJob({
  name: 'credits.forget-addresses',
  payload: z.object({}),
  priority: 'maintenance',
})

/** Checks the invariants of the ledger. */
export const verifyLedger = defineJob({ name: 'credits.verify-ledger', payload: z.object({}), priority: 'maintenance' })
