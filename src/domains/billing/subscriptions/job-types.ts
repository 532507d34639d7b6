import { z } from 'zod'
import { defineJob } from '../../../platform/jobs/define-job.ts'

/** Applies the changes of a subscription that time causes: grants a month of credits, notifies that access ended. */
export const settle = defineJob({ name: 'billing.settle', payload: z.object({ id: z.uuid() }) })

/** Adds a new job for subscriptions whose change is due and whose job was lost. */
export const settleLost = defineJob({ name: 'billing.settle-lost', payload: z.object({}) })

/** Reads a customer from RevenueCat. */
export const refreshCustomer = defineJob({ name: 'billing.refresh-customer', payload: z.object({ userId: z.uuid() }) })

/** Adds a new job for customers whose refresh is overdue. */
export const refreshLost = defineJob({ name: 'billing.refresh-lost', payload: z.object({}) })
