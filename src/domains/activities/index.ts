export { findLegacyActivity, importLegacyActivity } from './commands/import-legacy-activity.ts'
export { type ReadActivityFileRun, readActivityFile } from './commands/read-activity-file.ts'
export { activities } from './services.ts'
export { activityUploads } from './upload-kind.ts'
