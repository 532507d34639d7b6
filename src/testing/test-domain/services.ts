import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import { serviceKey } from '../../platform/services.ts'

export interface NotesServices {
  readonly db: Database
  readonly clock: Clock
  readonly notifications: Notifications
}

export const notes = serviceKey<NotesServices>('notes')
