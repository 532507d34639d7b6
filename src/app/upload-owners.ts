import { activityUploads } from '../domains/activities/index.ts'
import type { UploadOwners } from '../domains/uploads/index.ts'

/** What files of each kind belong to. Uploads know nothing of it: they are lower. */
export const uploadOwners: UploadOwners = { ACTIVITY: activityUploads }
