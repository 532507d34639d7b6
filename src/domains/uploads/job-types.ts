import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Ends uploads whose deadline has passed. */
export const sweepUploads = defineJob({ name: 'uploads.sweep', payload: z.object({}), priority: 'sweep' })

/** Removes the object of an upload that has ended, and parts that were sent. */
export const removeObject = defineJob({
  name: 'uploads.remove-object',
  payload: z.object({ userId: z.uuid(), uploadId: z.uuid(), multipartId: z.string().nullable() }),
  priority: 'maintenance',
})
