import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import { serviceKey } from '../../platform/services.ts'
import type { Usage } from '../usage/index.ts'
import type { CountUpload } from './count-uploads.ts'
import type { Bucket } from './ports.ts'
import type { UploadKinds } from './upload-kinds.ts'

/** The clients of the bucket that uploads needs. */
export interface UploadsVendors {
  readonly bucket: Bucket
  /** The same bucket for health checks: one attempt, with a timeout of a second. */
  readonly bucketProbe: Pick<Bucket, 'readStart'>
}

export interface UploadsServices {
  readonly db: Database
  readonly clock: Clock
  readonly bucket: Bucket
  readonly bucketProbe: Pick<Bucket, 'readStart'>
  readonly kinds: UploadKinds
  readonly usage: Usage
  readonly countUpload: CountUpload
}

export const uploads = serviceKey<UploadsServices>('uploads')
