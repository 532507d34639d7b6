export { type LegacyFile, moveLegacyFiles } from './move-legacy-files.ts'
export { activitiesOfPerson } from './personal-data.ts'
export { readActivityFile } from './read-activity-file.ts'
export { activityUploads } from './upload-owner.ts'
