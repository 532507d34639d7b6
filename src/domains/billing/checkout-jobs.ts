import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Makes a checkout ready whose time it is. */
export const prepareCheckout = defineJob('billing.prepare-checkout', z.object({ id: z.uuid() }))

/** Ends checkouts whose time is over, and gives those another job that have lost theirs. */
export const sweepCheckouts = defineJob('billing.sweep-checkouts', z.object({}))

/** Ends the renewal of what a person subscribes to who is being deleted. What it needs is not in the rows by then. */
export const endRenewal = defineJob(
  'billing.end-renewal',
  z.object({
    names: z.array(z.string()),
    store: z.string().nullable(),
    productId: z.string(),
    transactionId: z.string().nullable(),
  }),
)
