import { z } from 'zod'
import { defineJob } from '../../platform/jobs/define-job.ts'

/** Erases a user who is DELETING. */
export const eraseUser = defineJob({ name: 'privacy.erase-user', payload: z.object({ userId: z.uuid() }) })

/** Erases the rows and files added by requests that were in progress when the deletion started. */
export const eraseStragglers = defineJob({ name: 'privacy.erase-stragglers', payload: z.object({ userId: z.uuid() }) })

/** Enqueues a new job for erasures whose job is missing or has failed permanently. */
export const resumeErasures = defineJob({ name: 'privacy.resume-erasures', payload: z.object({}), priority: 'sweep' })

const exportPayload = z.object({ userId: z.uuid(), exportId: z.uuid() })

/** Writes a data export that is PENDING. */
export const writeExport = defineJob({ name: 'privacy.export', payload: exportPayload, lane: 'files' })

/** Removes the file of a data export that is neither PENDING nor READY. */
export const removeExport = defineJob({
  name: 'privacy.remove-export',
  payload: exportPayload,
  priority: 'maintenance',
})

/** Expires data exports after seven days, and fails those whose job is missing or has failed permanently. */
export const expireExports = defineJob({ name: 'privacy.expire-exports', payload: z.object({}), priority: 'sweep' })
