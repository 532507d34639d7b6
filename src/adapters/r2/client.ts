import { S3Client } from '@aws-sdk/client-s3'
import type { BucketAccess } from './presign.ts'

/** Timeouts and limits of the requests to a bucket. */
export interface RequestBounds {
  /** Open connections. Further requests wait, and their timeout counts meanwhile. Default 50. */
  readonly maxSockets?: number
  /** How often a request is attempted. Default 3. */
  readonly attempts?: number
  /** The timeout to open a connection. Default 2,000. */
  readonly connectMs?: number
  /** The timeout until the response to one attempt begins, and for each pause in it. Default 15,000. */
  readonly requestMs?: number
  /**
   * The timeout of an operation: its attempts, the delays between them and the body. Default 60,000. The SDK has no such
   * timeout, and a body that arrives byte by byte would keep its caller waiting without end.
   */
  readonly deadlineMs?: number
  /** The same for a stream, including the production of its chunks. Default 30 minutes. */
  readonly streamDeadlineMs?: number
}

// Otherwise the SDK writes to the console when all sockets are in use.
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** An S3 client configured for R2. It ignores the AWS_* variables of the environment. */
export function createR2Client({
  endpoint,
  accessKeyId,
  secretAccessKey,
  maxSockets = 50,
  attempts = 3,
  connectMs = 2_000,
  requestMs = 15_000,
}: Omit<BucketAccess, 'bucket'> & RequestBounds): S3Client {
  return new S3Client({
    endpoint,
    region: 'auto',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    // R2 refuses the checksums that the SDK adds by default, and the embedded R2 responds to aws-chunked bodies with 500.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The embedded R2 never sends 100 Continue, and a body would wait for it.
    expectContinueHeader: false,
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      // Without this the timeout only logs a warning.
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
      logger: silent,
    },
  })
}
