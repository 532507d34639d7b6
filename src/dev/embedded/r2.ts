import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isPortFree } from './free-port.ts'
import { openFolder } from './open-folder.ts'
import { launchR2, r2Program } from './r2-server.ts'
import { endOrphan, forgetRunning, isMarked, readRunning } from './running.ts'

export interface R2Options {
  /** Ours alone, made when missing: the objects, `r2.log` and `running.json` lie in it. */
  readonly dataDir: string
  /** Taken when it is free, so that the address stays the same between starts; else any free one. */
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
  /** Settles when it has ended, asked to or by itself. Waiting for it keeps no process alive. */
  readonly exited: Promise<void>
  /** May be called again. */
  stop(): Promise<void>
}

/**
 * Starts Cloudflare's R2 simulator with its S3 endpoint on 127.0.0.1. Ready when it answers: about 0.7 s. It ends
 * with this process however that ends. Throws DataFolderInUse when another live process has started one on the same
 * folder: `findR2` then says where it listens.
 */
export async function startR2(options: R2Options): Promise<EmbeddedR2> {
  const folder = await openFolder(options.dataDir)
  await clearTheWay(folder, options.port)
  const { bucket, accessKeyId, secretAccessKey } = options
  const launchOn = (port: number) =>
    launchR2({ folder, port, endpoint: endpointOf(port), bucket, accessKeyId, secretAccessKey })
  const preferred = options.port && (await isPortFree(options.port)) ? options.port : null
  const server = await launchOn(preferred ?? (await freePort())).catch(async (error: unknown) => {
    // Between asking for a free port and using it, another program may have taken it.
    if (!(error instanceof Error) || !/address already in use/i.test(error.message)) throw error
    return launchOn(await freePort())
  })
  return { bucket, accessKeyId, secretAccessKey, ...server, [Symbol.asyncDispose]: server.stop }
}

/** The one that another process keeps running on this folder, if there is one; else null. */
export async function findR2(dataDir: string): Promise<Pick<EmbeddedR2, 'endpoint' | 'port' | 'pid'> | null> {
  const folder = await openFolder(dataDir)
  const running = readRunning(folder)
  if (!running?.port || !isMarked(running.pid, `${r2Program} ${folder}`)) return null
  return { endpoint: endpointOf(running.port), port: running.port, pid: running.pid }
}

function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}/cdn-cgi/local/r2/s3`
}

/** Right after a kill -9 the leash needs a moment to end what was left, and its port another to become free. */
async function clearTheWay(folder: string, port: number | undefined): Promise<void> {
  const left = readRunning(folder)
  if (left) {
    await endOrphan({ folder, pid: left.pid, marker: `${r2Program} ${folder}`, signals: ['SIGTERM', 'SIGKILL'] })
    forgetRunning(folder, left.pid)
    const deadline = Date.now() + 3000
    while (port && port === left.port && !(await isPortFree(port)) && Date.now() < deadline) await sleep(20)
  }
}
