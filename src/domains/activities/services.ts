import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import { serviceKey } from '../../platform/services.ts'
import type { Bucket } from '../uploads/index.ts'
import type { RecordingReader } from './ports.ts'

/** The external clients that activities needs: the reader of recordings. */
export interface ActivitiesVendors {
  readonly recordingReader: RecordingReader
}

export interface ActivitiesServices {
  readonly db: Database
  readonly clock: Clock
  readonly notifications: Notifications
  readonly bucket: Bucket
  readonly reader: RecordingReader
}

export const activities = serviceKey<ActivitiesServices>('activities')
