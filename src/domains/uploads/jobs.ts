import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Ends uploads whose deadline has passed. */
export const sweepUploads = defineJob('uploads.sweep', z.object({}))

/** Removes what lies, or may still arrive, at the place of an upload that has ended. */
export const removeObject = defineJob(
  'uploads.remove-object',
  z.object({ userId: z.uuid(), uploadId: z.uuid(), multipartId: z.string().nullable() }),
)
