import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Takes what has lapsed out of wallets. */
export const expireLots = defineJob('credits.expire-lots', z.object({}))

/** Looks after holds whose deadline has passed. */
export const sweepHolds = defineJob('credits.sweep-holds', z.object({}))

/** Forgets addresses that had the sign-up gift long ago. */
export const forgetAddresses = defineJob('credits.forget-addresses', z.object({}))

/** Checks all that the ledger promises. */
export const verifyLedger = defineJob('credits.verify-ledger', z.object({}))
