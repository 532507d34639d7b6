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

/** The external services that Pacer uses, behind the interfaces (ports) of its domains. */
export interface Adapters extends AsyncDisposable {
  readonly verifier: SessionVerifier
  /** Null if no secret key is configured. */
  readonly directory: ClerkDirectory | null
  readonly clerkWebhooks: ClerkWebhooks
  readonly purchaseWebhooks: PurchaseWebhooks
  readonly revenueCat: RevenueCat
  readonly bucket: Bucket
  /** The same bucket for health checks: one attempt, with a timeout of one second. */
  readonly bucketProbe: Pick<Bucket, 'readStart'>
  readonly recordingReader: RecordingReader
}

const probeLimits = { attempts: 1, connectMs: 1_000, requestMs: 1_000, deadlineMs: 1_000, maxSockets: 1 }

/** The largest accepted file, 32 MiB of GPX, is read in 4 s with 390 MB; a file that needs much more is no valid recording. */
const readingLimits = { timeoutMs: 60_000, maxMemoryMb: 512 }

export function createAdapters({ clerk, clerkWebhookSecrets, revenueCat, bucket }: Config): Adapters {
  const r2 = createR2Bucket({ ...bucket, bucket: bucket.name })
  const probe = createR2Bucket({ ...bucket, bucket: bucket.name, ...probeLimits })
  const recordingReader = createRecordingReader(readingLimits)
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
