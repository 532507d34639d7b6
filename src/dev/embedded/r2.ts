import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isPortFree } from './free-port.ts'
import { openFolder } from './open-folder.ts'
import { launchR2, r2Program } from './r2-server.ts'
import { endOrphan, forgetRunning, isMarked, readRunning } from './running.ts'

export interface R2Options {
  /** Used by this server only, created if missing: contains the objects, `r2.log` and `running.json`. */
  readonly dataDir: string
  /** Used if it is free, so that the endpoint stays the same after a restart; otherwise any free port. */
  readonly port?: number
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface EmbeddedR2 extends AsyncDisposable {
  /** The S3 endpoint; objects are path-style, `${endpoint}/${bucket}/${key}`. */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly port: number
  readonly pid: number
  readonly logFile: string
  /** Settles when it has ended, whether stopped or crashed. Does not keep this process alive. */
  readonly exited: Promise<void>
  /** Can be called repeatedly. */
  stop(): Promise<void>
}

/**
 * Starts Cloudflare's R2 simulator with its S3 endpoint on 127.0.0.1. Resolves when it accepts requests: about 0.7 s. It
 * ends with this process, however that ends. Throws DataFolderInUse if another live process has started one on the same
 * folder; `findR2` finds it.
 */
export async function startR2(options: R2Options): Promise<EmbeddedR2> {
  const folder = await openFolder(options.dataDir)
  await endOrphanR2(folder, options.port)
  const { bucket, accessKeyId, secretAccessKey } = options
  const launchOn = (port: number) =>
    launchR2({ folder, port, endpoint: endpointOf(port), bucket, accessKeyId, secretAccessKey })
  const preferred = options.port && (await isPortFree(options.port)) ? options.port : null
  const server = await launchOn(preferred ?? (await freePort())).catch(async (error: unknown) => {
    // Another program may have taken the free port in the meantime.
    if (!(error instanceof Error) || !/address already in use/i.test(error.message)) throw error
    return launchOn(await freePort())
  })
  return { bucket, accessKeyId, secretAccessKey, ...server, [Symbol.asyncDispose]: server.stop }
}

/** The server that another process runs on this folder; null if there is none. */
export async function findR2(dataDir: string): Promise<Pick<EmbeddedR2, 'endpoint' | 'port' | 'pid'> | null> {
  const folder = await openFolder(dataDir)
  const running = readRunning(folder)
  if (!running?.port || !isMarked(running.pid, `${r2Program} ${folder}`)) return null
  return { endpoint: endpointOf(running.port), port: running.port, pid: running.pid }
}

function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`
}

/** After a kill -9 the watchdog needs a moment to end the orphan, and the port another to become free. */
async function endOrphanR2(folder: string, port: number | undefined): Promise<void> {
  const earlier = readRunning(folder)
  if (!earlier) return
  await endOrphan({ folder, pid: earlier.pid, marker: `${r2Program} ${folder}`, signals: ['SIGTERM', 'SIGKILL'] })
  forgetRunning(folder, earlier.pid)
  const deadline = Date.now() + 3000
  while (port && port === earlier.port && !(await isPortFree(port)) && Date.now() < deadline) await sleep(20)
}
