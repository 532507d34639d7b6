import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Reads the file of an activity that is PROCESSING. */
export const readActivityFile = defineJob({
  name: 'activities.read-file',
  /** Jobs of earlier releases have no userId. */
  payload: z.object({ activityId: z.uuid(), userId: z.uuid().optional() }),
  lane: 'files',
})

/** Removes activities that wait for a file that will not be uploaded. */
export const sweepAwaiting = defineJob({
  name: 'activities.sweep-awaiting',
  payload: z.object({}),
  priority: 'sweep',
})

/** Fails activities whose job to read the file has failed permanently; enqueues a new job where it was lost. */
export const sweepStuck = defineJob({ name: 'activities.sweep-stuck', payload: z.object({}), priority: 'sweep' })
