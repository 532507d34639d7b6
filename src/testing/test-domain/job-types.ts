import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Stores how long the text of a note is. */
export const measureNote = defineJob({ name: 'notes.measure', payload: z.object({ id: z.uuid() }) })
