import { createClerkDirectory } from '../adapters/clerk/directory.ts'
import { createSessionVerifier } from '../adapters/clerk/session-verifier.ts'
import { createClerkWebhooks } from '../adapters/clerk/webhooks.ts'
import { createR2Bucket } from '../adapters/r2/bucket.ts'
import { createRecordingReader } from '../adapters/recordings/recording-reader.ts'
import type { Config } from '../config/config.ts'
import type { RecordingReader } from '../domains/activities/ports.ts'
import type { Bucket } from '../domains/uploads/ports.ts'
import type { ClerkDirectory, ClerkWebhooks, SessionVerifier } from '../domains/users/ports.ts'

/** Everything that Pacer needs of others, behind the interfaces that its domains ask for. */
export interface Adapters extends AsyncDisposable {
  readonly verifier: SessionVerifier
  /** Null where no secret key is configured. */
  readonly directory: ClerkDirectory | null
  readonly clerkWebhooks: ClerkWebhooks
  readonly bucket: Bucket
  readonly recordingReader: RecordingReader
}

/** The largest file that is taken, 32 MiB of GPX, is read in 12 s with 384 MB; what needs much more is no recording. */
const readingBounds = { timeoutMs: 60_000, maxMemoryMb: 512 }

export function createAdapters({ clerk, clerkWebhookSecrets, bucket }: Config): Adapters {
  const r2 = createR2Bucket({ ...bucket, bucket: bucket.name })
  const recordingReader = createRecordingReader(readingBounds)
  return {
    verifier: createSessionVerifier(clerk),
    directory: clerk.secretKey ? createClerkDirectory({ secretKey: clerk.secretKey, apiUrl: clerk.apiUrl }) : null,
    clerkWebhooks: createClerkWebhooks({ secrets: clerkWebhookSecrets }),
    bucket: r2,
    recordingReader,
    async [Symbol.asyncDispose]() {
      await recordingReader[Symbol.asyncDispose]()
      r2[Symbol.dispose]()
    },
  }
}
