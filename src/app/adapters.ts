import { createClerkDirectory } from '../adapters/clerk/directory.ts'
import { createSessionVerifier } from '../adapters/clerk/session-verifier.ts'
import { createClerkWebhooks } from '../adapters/clerk/webhooks.ts'
import { createAudioTools } from '../adapters/ffmpeg/audio-tools.ts'
import { createFfmpeg } from '../adapters/ffmpeg/ffmpeg.ts'
import { createGoogleModel } from '../adapters/google/google-model.ts'
import { createGroqModel } from '../adapters/groq/groq-model.ts'
import { createGroqTranscriber } from '../adapters/groq/transcriber.ts'
import { createPexels } from '../adapters/pexels/pexels.ts'
import { createPlanner } from '../adapters/planner/planner.ts'
import { createR2Bucket } from '../adapters/r2/bucket.ts'
import { createRecordingReader } from '../adapters/recordings/recording-reader.ts'
import { createVideoRenderer } from '../adapters/rendering/renderer.ts'
import { createRevenueCat } from '../adapters/revenuecat/client.ts'
import { createRevenueCatWebhooks } from '../adapters/revenuecat/webhooks.ts'
import { createWebPush } from '../adapters/web-push/web-push.ts'
import type { Config } from '../config/config.ts'
import type { RecordingReader } from '../domains/activities/ports.ts'
import type { PurchaseWebhooks, RevenueCat } from '../domains/billing/ports.ts'
import type { NotificationsVendors } from '../domains/notifications/ports.ts'
import type { Bucket } from '../domains/uploads/ports.ts'
import type { ClerkDirectory, ClerkWebhooks, SessionVerifier } from '../domains/users/ports.ts'
import type { AudioTools, PictureSearch, Planner, Transcriber, VideoRenderer } from '../domains/videos/ports.ts'
import type { VendorReports } from '../platform/vendors/vendor-client.ts'

/** The external services that Pacer uses, behind the interfaces (ports) of its domains. */
export interface Adapters extends NotificationsVendors, AsyncDisposable {
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
  readonly audioTools: AudioTools
  readonly videoRenderer: VideoRenderer
  /** Null if the key of its vendor is not configured, like the two below. */
  readonly transcriber: Transcriber | null
  readonly planner: Planner | null
  readonly pictureSearch: PictureSearch | null
}

const probeLimits = { attempts: 1, connectMs: 1_000, requestMs: 1_000, deadlineMs: 1_000, maxSockets: 1 }

/** The largest accepted file, 32 MiB of GPX, is read in 4 s with 390 MB; a file that needs much more is no valid recording. */
const readingLimits = { timeoutMs: 60_000, maxMemoryMb: 512 }

/** `reports` receive the requests to the vendors of videos. */
export function createAdapters(config: Config, reports: VendorReports = {}): Adapters {
  const { clerk, clerkWebhookSecrets, revenueCat, bucket, videos, notifications } = config
  const r2 = createR2Bucket({ ...bucket, bucket: bucket.name })
  const probe = createR2Bucket({ ...bucket, bucket: bucket.name, ...probeLimits })
  const recordingReader = createRecordingReader(readingLimits)
  const ffmpeg = createFfmpeg({ ffmpegPath: videos.ffmpegPath ?? null, searchPath: videos.searchPath })
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
    audioTools: createAudioTools(ffmpeg),
    videoRenderer: createVideoRenderer(ffmpeg),
    ...videoVendorsOf(videos, reports),
    ...channelsOf(notifications),
    async [Symbol.asyncDispose]() {
      await recordingReader[Symbol.asyncDispose]()
      r2[Symbol.dispose]()
      probe[Symbol.dispose]()
    },
  }
}

/** How notifications are sent. */
function channelsOf({ vapid, allowsLoopback }: Config['notifications']): NotificationsVendors {
  return {
    pushSenders: { WEB: vapid ? createWebPush({ vapid, allowsLoopback }) : null, FCM: null, EXPO: null },
    channelPorts: [],
    vapidPublicKey: vapid?.publicKey ?? null,
  }
}

/** What videos need of language models and sources of pictures. A language model at Google plans before one at Groq does. */
function videoVendorsOf({ groq, google, pexels }: Config['videos'], reports: VendorReports) {
  const [groqKey, googleKey, pexelsKey] = [groq.apiKey, google.apiKey, pexels.apiKey]
  const groqOptions = groqKey === undefined ? null : { ...groq, ...reports, apiKey: groqKey }
  const googleOptions = googleKey === undefined ? null : { ...google, ...reports, apiKey: googleKey }
  const model = googleOptions ? createGoogleModel(googleOptions) : groqOptions && createGroqModel(groqOptions)
  return {
    transcriber: groqOptions && createGroqTranscriber(groqOptions),
    planner: model && createPlanner(model),
    pictureSearch: pexelsKey === undefined ? null : createPexels({ ...pexels, ...reports, apiKey: pexelsKey }),
  }
}
