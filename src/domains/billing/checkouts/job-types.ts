import { z } from 'zod'
import { defineJob } from '../../../platform/jobs/define-job.ts'

/** Prepares a checkout whose next attempt is due. */
export const prepareCheckout = defineJob({ name: 'billing.prepare-checkout', payload: z.object({ id: z.uuid() }) })

/** Expires checkouts, and adds a new job for those whose job was lost. */
export const sweepCheckouts = defineJob({ name: 'billing.sweep-checkouts', payload: z.object({}), priority: 'sweep' })

/** Ends the renewal of a deleted user's subscription. The payload has all it needs, since the rows may be erased by then. */
export const endRenewal = defineJob({
  name: 'billing.end-renewal',
  payload: z.object({
    names: z.array(z.string()),
    store: z.string().nullable(),
    productId: z.string(),
    transactionId: z.string().nullable(),
  }),
})
