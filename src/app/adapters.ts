import { createClerkDirectory } from '../adapters/clerk/directory.ts'
import { createSessionVerifier } from '../adapters/clerk/session-verifier.ts'
import { createClerkWebhooks } from '../adapters/clerk/webhooks.ts'
import { createR2Bucket } from '../adapters/r2/bucket.ts'
import { createRecordingReader } from '../adapters/recordings/recording-reader.ts'
import { createRevenueCat } from '../adapters/revenuecat/client.ts'
import { createRevenueCatWebhooks } from '../adapters/revenuecat/webhooks.ts'
import type { Config } from '../config/config.ts'
import type { RecordingReader } from '../domains/activities/ports.ts'
import type { PurchaseWebhooks, RevenueCat } from '../domains/billing/ports.ts'
import type { Bucket } from '../domains/uploads/ports.ts'
import type { ClerkDirectory, ClerkWebhooks, SessionVerifier } from '../domains/users/ports.ts'

/** Everything that Pacer needs of others, behind the interfaces that its domains ask for. */
export interface Adapters extends AsyncDisposable {
  readonly verifier: SessionVerifier
  /** Null where no secret key is configured. */
  readonly directory: ClerkDirectory | null
  readonly clerkWebhooks: ClerkWebhooks
  readonly purchaseWebhooks: PurchaseWebhooks
  readonly revenueCat: RevenueCat
  readonly bucket: Bucket
  /** The same bucket for whoever only asks whether it is there: one attempt, given up after a second. */
  readonly bucketProbe: Pick<Bucket, 'readStart'>
  readonly recordingReader: RecordingReader
}

const probeBounds = { attempts: 1, connectMs: 1_000, requestMs: 1_000, deadlineMs: 1_000, maxSockets: 1 }

/** The largest file that is taken, 32 MiB of GPX, is read in 12 s with 384 MB; what needs much more is no recording. */
const readingBounds = { timeoutMs: 60_000, maxMemoryMb: 512 }

export function createAdapters({ clerk, clerkWebhookSecrets, revenueCat, bucket }: Config): Adapters {
  const r2 = createR2Bucket({ ...bucket, bucket: bucket.name })
  const probe = createR2Bucket({ ...bucket, bucket: bucket.name, ...probeBounds })
  const recordingReader = createRecordingReader(readingBounds)
  return {
    verifier: createSessionVerifier(clerk),
    directory: clerk.secretKey ? createClerkDirectory({ secretKey: clerk.secretKey, apiUrl: clerk.apiUrl }) : null,
    clerkWebhooks: createClerkWebhooks({ secrets: clerkWebhookSecrets }),
    purchaseWebhooks: createRevenueCatWebhooks({
      authorizations: revenueCat.webhookAuthorizations,
      secrets: revenueCat.webhookSecrets,
    }),
    revenueCat: createRevenueCat(revenueCat),
    bucket: r2,
    bucketProbe: probe,
    recordingReader,
    async [Symbol.asyncDispose]() {
      await recordingReader[Symbol.asyncDispose]()
      r2[Symbol.dispose]()
      probe[Symbol.dispose]()
    },
  }
}
