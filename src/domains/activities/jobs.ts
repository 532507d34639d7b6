import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Reads the file of an activity that is PROCESSING. */
export const readActivityFile = defineJob('activities.read-file', z.object({ activityId: z.uuid() }))

/** Removes activities that wait for a file which will not come. */
export const sweepAwaiting = defineJob('activities.sweep-awaiting', z.object({}))

/** Ends activities whose file nobody reads any more, or has it read. */
export const sweepStuck = defineJob('activities.sweep-stuck', z.object({}))
