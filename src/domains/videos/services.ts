import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import type { Log } from '../../platform/observability/log.ts'
import { serviceKey } from '../../platform/services.ts'
import type { Plans } from '../billing/index.ts'
import type { NotifyUsers } from '../notifications/index.ts'
import type { Bucket } from '../uploads/index.ts'
import type { Usage } from '../usage/index.ts'
import type { MissingFilters } from './missing-filters.ts'
import type { AudioTools, PictureSearch, Planner, Transcriber, VideoRenderer } from './ports.ts'
import type { TemplatePosters } from './template-posters.ts'
import type { VideoMetrics } from './video-metrics.ts'
import type { CreateWorkFolder } from './work-folder.ts'

/** The clients of vendors that videos needs. Null: its key is not configured. */
export interface VideosVendors {
  readonly audioTools: AudioTools
  readonly videoRenderer: VideoRenderer
  readonly transcriber: Transcriber | null
  readonly planner: Planner | null
  readonly pictureSearch: PictureSearch | null
}

export interface VideosServices extends VideosVendors {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly notifications: Notifications
  readonly bucket: Bucket
  readonly plans: Plans
  readonly usage: Usage
  readonly notifyUsers: NotifyUsers
  readonly videoMetrics: VideoMetrics
  readonly missingFilters: MissingFilters
  readonly templatePosters: TemplatePosters
  readonly createWorkFolder: CreateWorkFolder
}

export const videos = serviceKey<VideosServices>('videos')
