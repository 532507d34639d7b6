import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Takes the next step of the delivery of a notification: sends it, waits for a receipt, or tries the next channel. */
export const deliver = defineJob({
  name: 'notifications.deliver',
  payload: z.object({ userId: z.uuid(), notificationId: z.uuid() }),
  lane: 'send',
  /** Less than a lease (deliveries/claim-notification.ts). */
  timeoutMs: 50_000,
})

/** Adds a job for deliveries whose job was lost. */
export const sweepDeliveries = defineJob({ name: 'notifications.sweep', payload: z.object({}), priority: 'sweep' })

/** Deletes old notifications. */
export const prune = defineJob({ name: 'notifications.prune', payload: z.object({}), priority: 'maintenance' })
