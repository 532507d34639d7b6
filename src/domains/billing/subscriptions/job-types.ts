import { z } from 'zod'
import { defineJob } from '../../../platform/jobs/define-job.ts'

/** Applies the changes of a subscription that time causes: grants a month of credits, notifies that access ended. */
export const settle = defineJob({ name: 'billing.settle', payload: z.object({ id: z.uuid() }), priority: 'sweep' })

/** Adds a new job for subscriptions whose change is due and whose job was lost. */
export const settleLost = defineJob({ name: 'billing.settle-lost', payload: z.object({}), priority: 'sweep' })

/** Adds a job for subscriptions whose change is due within a day. */
export const settleAhead = defineJob({ name: 'billing.settle-ahead', payload: z.object({}), priority: 'sweep' })

/** Notifies the owner of a subscription whose payment has failed, unless it was renewed since. */
export const notifyProblem = defineJob({ name: 'billing.notify-problem', payload: z.object({ id: z.uuid() }) })

/** Reads a customer from RevenueCat: about one for each of its webhooks. */
export const refreshCustomer = defineJob({
  name: 'billing.refresh-customer',
  payload: z.object({ userId: z.uuid() }),
  priority: 'webhook',
})

/** Adds a new job for customers whose refresh is overdue. */
export const refreshLost = defineJob({ name: 'billing.refresh-lost', payload: z.object({}), priority: 'sweep' })
