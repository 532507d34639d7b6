import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { serviceKey } from '../../platform/services.ts'
import type { BillingServices } from '../billing/index.ts'
import type { Bucket } from '../uploads/index.ts'
import type { UsersServices } from '../users/index.ts'

export interface PrivacyServices {
  readonly db: Database
  readonly clock: Clock
  readonly bucket: Bucket
  readonly users: UsersServices
  readonly billing: BillingServices
  /** The personal data of all domains, in the order of erasure. */
  readonly personalData: () => readonly PersonalData[]
}

export const privacy = serviceKey<PrivacyServices>('privacy')
