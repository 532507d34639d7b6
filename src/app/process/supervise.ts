import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, type Settings } from '../../config/config.ts'
import { createLog } from '../../platform/observability/log.ts'
import { type Backoff, delayOf } from '../../platform/retry.ts'
import { stopRequest } from './stop-request.ts'

export interface Supervision {
  readonly role: 'api' | 'all'
  readonly endWithParent: boolean
  /** The program that the child processes run. */
  readonly program: string
}

/** The message of a child process that is ready. */
export const readyMessage = 'ready'

const backoff: Backoff = { firstDelayMs: 100, maxDelayMs: 10_000 }
/** A process that has run for this long is restarted after the first delay again. */
const healthyMs = 30_000
/** A child stops by itself within ten seconds. */
const shutdownMs = 10_500

/**
 * Runs WEB_CONCURRENCY processes on one port. The first has the role, so that jobs and embedded services run once; the
 * others are APIs and start when it is ready. A process that dies is restarted, after a pause that doubles with each
 * early death. Resolves to the exit code when all have ended, because they were told to stop or the first one could not
 * start. Throws a ConfigError if their ports overlap.
 */
export async function supervise(settings: Settings, { role, endWithParent, program }: Supervision): Promise<number> {
  checkPorts(settings)
  const log = createLog({ level: settings.logLevel, pretty: process.stdout.isTTY === true })
  const stop = stopRequest({ endWithParent })
  const stopping = new AbortController()
  const children = new Set<Worker>()

  // Each process accepts connections itself. With the default, the primary process hands them out, and a connection that
  // is handed to a process that dies hangs forever.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const fork = (number: number): Worker => {
    const args = [number === 1 ? role : 'api', '--end-with-parent', '--number', String(number)]
    cluster.setupPrimary({ exec: program, args })
    const child = cluster.fork()
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }
  /** Restarts the process whenever it dies. Resolves when the processes are told to stop. */
  const keepRunning = async (number: number, first: Worker): Promise<void> => {
    let child = first
    for (let deaths = 0; ; ) {
      const startedAt = performance.now()
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      if (stopping.signal.aborted) return
      deaths = performance.now() - startedAt > healthyMs ? 0 : deaths + 1
      const pauseMs = delayOf(backoff, deaths + 1)
      log.error({ number, pid: child.process.pid, code, signal, pauseMs }, 'process died, restarting')
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      child = fork(number)
    }
  }

  const first = fork(1)
  const started = await Promise.race([waitUntilReady(first), once(first, 'exit'), stop.requested])
  if (Array.isArray(started)) return typeof started[0] === 'number' ? started[0] : 1
  const kept = [keepRunning(1, first)]
  if (started === readyMessage) {
    for (let number = 2; number <= settings.webConcurrency; number += 1) kept.push(keepRunning(number, fork(number)))
  }

  log.info({ reason: await stop.requested, processes: children.size }, 'stopping')
  stopping.abort()
  const codes = [...children].map(async (child) => {
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    child.process.kill('SIGTERM')
    const [code, signal] = await ended
    // A process that has just started has no signal handler yet and ends by the signal.
    return signal === 'SIGTERM' ? 0 : code
  })
  const timer = setTimeout(() => {
    for (const child of children) {
      log.error({ pid: child.process.pid }, 'process did not stop in time, killing it')
      child.process.kill('SIGKILL')
    }
  }, shutdownMs)
  const failed = (await Promise.all(codes)).some((code) => code !== 0)
  clearTimeout(timer)
  await Promise.all(kept)
  return failed ? 1 : 0
}

/** Each process has a metrics port, from METRICS_PORT on. In development, the default port is replaced if it is in use. */
function checkPorts({ port, metricsPort, metricsPortIsDefault, mode, webConcurrency }: Settings): void {
  if (metricsPort === null || metricsPort === 0 || (mode === 'development' && metricsPortIsDefault)) return
  const last = metricsPort + webConcurrency - 1
  const range = `WEB_CONCURRENCY=${webConcurrency} uses the ports ${metricsPort} to ${last} for metrics`
  const advice = 'Choose another METRICS_PORT, or METRICS_PORT=off.'
  if (last > 65_535) throw new ConfigError([`METRICS_PORT: ${range}, and 65535 is the last one. ${advice}`])
  if (port >= metricsPort && port <= last) {
    throw new ConfigError([`METRICS_PORT: ${range}, and PORT=${port} is one of them. ${advice}`])
  }
}

async function waitUntilReady(child: Worker): Promise<typeof readyMessage> {
  for (;;) {
    const [message] = await once(child, 'message')
    if (message === readyMessage) return readyMessage
  }
}
