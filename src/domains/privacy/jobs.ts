import { z } from 'zod'
import { defineJob } from '../../platform/queue/jobs.ts'

/** Erases a person who is DELETING. */
export const eraseUser = defineJob('privacy.erase-user', z.object({ userId: z.uuid() }))

/** Erases what requests added that were on their way while the person began to be deleted. */
export const eraseStragglers = defineJob('privacy.erase-stragglers', z.object({ userId: z.uuid() }))

/** Gives erasures whose job is gone another one. */
export const resumeErasures = defineJob('privacy.resume-erasures', z.object({}))

/** Forgets the hashes of addresses whose time is over. */
export const forgetAddresses = defineJob('privacy.forget-addresses', z.object({}))

const exportPayload = z.object({ userId: z.uuid(), exportId: z.uuid() })

/** Writes a data export that is PENDING. */
export const writeExport = defineJob('privacy.export', exportPayload)

/** Removes the file of a data export that is not READY, or no more. */
export const removeExport = defineJob('privacy.remove-export', exportPayload)

/** Ends data exports whose time is over, and those that nobody makes any more. */
export const expireExports = defineJob('privacy.expire-exports', z.object({}))
