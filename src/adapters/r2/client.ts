import { S3Client } from '@aws-sdk/client-s3'
import type { BucketAccess } from './presign.ts'

/** How long to wait, and how many requests at a time. */
export interface Patience {
  /** Open connections; further requests wait, and their time-out runs meanwhile. Default 50. */
  readonly maxSockets?: number
  /** How often one request is made before it is given up. Default 3. */
  readonly attempts?: number
  /** For a connection to open. Default 2,000. */
  readonly connectMs?: number
  /** For the answer to one attempt to begin, and for any silence within it. Default 15,000. */
  readonly requestMs?: number
  /**
   * For an operation as a whole: its attempts, the pauses between and the body. Default 60,000. The SDK knows no such
   * bound by itself, and a body that trickles would hold its caller for ever.
   */
  readonly deadlineMs?: number
  /** The same for a stream, with the making of what it carries. Default 30 minutes. */
  readonly streamDeadlineMs?: number
}

// Otherwise the SDK writes to the console when all sockets are taken.
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** An S3 client set up for R2, and for nothing that the environment's AWS_* variables may say. */
export function createR2Client({
  endpoint,
  accessKeyId,
  secretAccessKey,
  maxSockets = 50,
  attempts = 3,
  connectMs = 2_000,
  requestMs = 15_000,
}: Omit<BucketAccess, 'bucket'> & Patience): S3Client {
  return new S3Client({
    endpoint,
    region: 'auto',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    // R2 refuses the checksums that the SDK adds by default, and the embedded R2 answers aws-chunked bodies with 500.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The embedded R2 never says 100 Continue; a body would wait for it.
    expectContinueHeader: false,
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      // Without this the time-out only logs a warning.
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
      logger: silent,
    },
  })
}
