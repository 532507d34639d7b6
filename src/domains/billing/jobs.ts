import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Does what time alone changes in a subscription: gives a month of credits, says that access ended. */
export const settle = defineJob('billing.settle', z.object({ id: z.uuid() }))

/** Looks after subscriptions whose moment came and whose job was lost. */
export const settleLost = defineJob('billing.settle-lost', z.object({}))

/** Reads a customer at RevenueCat. */
export const refreshCustomer = defineJob('billing.refresh-customer', z.object({ userId: z.uuid() }))

/** Looks after customers whom nobody read for long. */
export const refreshLost = defineJob('billing.refresh-lost', z.object({}))
