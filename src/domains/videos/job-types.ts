import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/**
 * Renders the next video of the queue, whichever that is: there is one such job for each video that waits, and each takes
 * the video whose turn it is. So one user's hundred videos do not delay another user's first.
 */
export const renderNext = defineJob({
  name: 'videos.render-next',
  payload: z.object({}),
  lane: 'render',
  /** An hour of audio takes about an hour on one core. */
  timeoutMs: 4 * 3_600_000,
  maxAttempts: 3,
})

/** Removes files of a deleted video, or of attempts, from the bucket. */
export const removeFiles = defineJob({
  name: 'videos.remove-files',
  payload: z.object({ userId: z.uuid(), videoId: z.uuid(), attempts: z.array(z.int()), pictures: z.int() }),
  priority: 'maintenance',
})

/** Adds jobs that were lost, for videos whose worker has ended, and for posters that are missing. */
export const sweepVideos = defineJob({ name: 'videos.sweep', payload: z.object({}), priority: 'sweep' })

/** Draws the poster of a template. */
export const drawPoster = defineJob({
  name: 'videos.draw-poster',
  payload: z.object({ templateKey: z.string() }),
  lane: 'render',
  maxAttempts: 3,
})

/** Removes audio files and pictures that no video uses. */
export const removeUnused = defineJob({
  name: 'videos.remove-unused-files',
  payload: z.object({}),
  priority: 'maintenance',
})

/** Removes the results of searches for pictures that are no longer used. */
export const prunePictures = defineJob({
  name: 'videos.prune-pictures',
  payload: z.object({}),
  priority: 'maintenance',
})
