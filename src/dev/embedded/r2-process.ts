import { join } from 'node:path'
import { Miniflare, NoOpLog } from 'miniflare'

/*
 * The embedded R2 as a process of its own, forked by r2.ts, never imported as a module. Miniflare starts workerd as
 * its child, so both live in this process's group, and one signal to the group ends both.
 */

/** Sent by r2.ts once, over IPC: secrets do not belong on a command line that everybody can read. */
export interface R2Order {
  readonly folder: string
  readonly port: number
  /** The S3 endpoint that follows from the port, without the bucket. */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The answer: null when requests are answered, else what went wrong. */
export interface R2Answer {
  readonly problem: string | null
}

async function serve({ folder, port, endpoint, bucket, accessKeyId, secretAccessKey }: R2Order): Promise<void> {
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    modules: true,
    compatibilityDate: '2026-07-01',
    script: 'export default { fetch() { return new Response("ok") } }',
    r2Persist: join(folder, 'objects'),
    r2Buckets: { BUCKET: { id: bucket, s3Credentials: { accessKeyId, secretAccessKey } } },
    // Nothing is fetched from Cloudflare, reported or printed; workerd's own output goes to r2.log.
    cf: false,
    telemetry: { enabled: false },
    log: new NoOpLog(),
    logRequests: false,
  })
  process.once('disconnect', () => void miniflare.dispose().finally(() => process.exit(0)))
  await miniflare.ready
  // Unsigned, so refused (400 in this version); but by the S3 front itself, which shows that the whole chain is up.
  const answer = await fetch(`${endpoint}/${bucket}`)
  if (![400, 403].includes(answer.status)) {
    throw new Error(`The S3 endpoint answered ${answer.status} where a refusal (400 or 403) was expected.`)
  }
}

function answer(problem: string | null): void {
  process.send?.({ problem } satisfies R2Answer)
}

// The last word when the owner ends, whatever Miniflare is doing; it takes 30 ms to dispose of.
process.once('disconnect', () => setTimeout(() => process.exit(1), 2000).unref())
process.once('message', (order: R2Order) => {
  serve(order).then(
    () => answer(null),
    (error: unknown) => answer(error instanceof Error ? error.message : String(error)),
  )
})
