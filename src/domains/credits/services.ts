import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { BlindIndex } from '../../platform/encryption/blind-index.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import type { Log } from '../../platform/observability/log.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import { serviceKey } from '../../platform/services.ts'
import type { NotifyUsers } from '../notifications/index.ts'
import type { Emails } from '../users/index.ts'
import type { CreditHoldOwners } from './commands/sweep-holds.ts'

export interface CreditsServices {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly notifications: Notifications
  readonly emails: Emails
  readonly notifyUsers: NotifyUsers
  /** The hash of the input of a grant by an admin. */
  readonly grantInputHash: BlindIndex
  /** The number of credits that a new user gets; 0 for none. */
  readonly signUpCredits: number
  /** The domains that hold credits, by the first part of a hold's reference. */
  readonly holdOwners: () => CreditHoldOwners
}

export const credits = serviceKey<CreditsServices>('credits')
