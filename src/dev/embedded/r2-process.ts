import { once } from 'node:events'
import { join } from 'node:path'
import { Miniflare, NoOpLog } from 'miniflare'
import { createR2Proxy } from './r2-proxy.ts'

/*
 * The program of the embedded R2, forked by r2-server.ts and never imported. Miniflare starts workerd as its child, so
 * both are in one process group, and one signal to the group ends both.
 */

/** Sent once over IPC, since other users can read secrets on a command line. */
export interface R2StartMessage {
  readonly folder: string
  readonly port: number
  /** The S3 endpoint on the port, without the bucket. */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The result of the start. */
export interface R2StartResult {
  /** Null if R2 accepts requests. */
  readonly problem: string | null
}

async function serve({ folder, port, endpoint, bucket, accessKeyId, secretAccessKey }: R2StartMessage): Promise<void> {
  const objects = join(folder, 'objects')
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: true,
    compatibilityDate: '2026-07-01',
    script: 'export default { fetch() { return new Response("ok") } }',
    r2Persist: objects,
    r2Buckets: { BUCKET: { id: bucket, s3Credentials: { accessKeyId, secretAccessKey } } },
    // No requests to Cloudflare, no telemetry, no output; workerd's own output goes to r2.log.
    cf: false,
    telemetry: { enabled: false },
    log: new NoOpLog(),
    logRequests: false,
  })
  process.once('disconnect', () => void miniflare.dispose().finally(() => process.exit(0)))
  const simulator = await miniflare.ready
  const proxy = createR2Proxy({ simulatorPort: Number(simulator.port), objects })
  proxy.listen(port, '127.0.0.1')
  await once(proxy, 'listening')
  // An unsigned request is refused by the S3 endpoint itself (400 in this version), which shows that it is running.
  const response = await fetch(`${endpoint}/${bucket}`)
  if (![400, 403].includes(response.status)) {
    throw new Error(`The S3 endpoint answered ${response.status} instead of a refusal (400 or 403).`)
  }
}

function report(problem: string | null): void {
  process.send?.({ problem } satisfies R2StartResult)
}

// Ends this process if disposing of Miniflare, which takes 30 ms, hangs.
process.once('disconnect', () => setTimeout(() => process.exit(1), 2000).unref())
process.once('message', (message: R2StartMessage) => {
  serve(message).then(
    () => report(null),
    (error: unknown) => report(error instanceof Error ? error.message : String(error)),
  )
})
