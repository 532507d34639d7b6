import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, type Settings } from '../../config/config.ts'
import { createLog } from '../../platform/watching/log.ts'
import { stopRequest } from './stop-request.ts'

export interface Supervision {
  readonly role: 'api' | 'all'
  readonly endWithParent: boolean
  /** Of the child: the program itself. */
  readonly program: string
}

/** What a child sends when it serves. */
export const readyMessage = 'ready'

const longestPauseMs = 10_000
/** Whoever lives so long may begin anew at once. */
const healthyMs = 30_000
/** A child ends by itself within ten seconds. */
const shutdownMs = 10_500

/**
 * Keeps WEB_CONCURRENCY processes behind one port: the first has the role, so that jobs run once and what development
 * embeds starts once, the others are APIs that begin when it is ready. One that dies is replaced, sooner or later as it
 * lived longer or shorter. Resolves to the exit code when all have ended, because they were told to or the first one
 * could not start. Throws a ConfigError where their ports would be one another's.
 */
export async function supervise(settings: Settings, { role, endWithParent, program }: Supervision): Promise<number> {
  refuseTakenPorts(settings)
  const log = createLog({ level: settings.logLevel, pretty: process.stdout.isTTY === true })
  const stop = stopRequest({ endWithParent })
  const stopping = new AbortController()
  const children = new Set<Worker>()

  // Each takes connections from the port itself. Handed out one by one, as is the default, a connection that was on its
  // way to a process that dies just then hangs for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const fork = (number: number): Worker => {
    const args = [number === 1 ? role : 'api', '--end-with-parent', '--number', String(number)]
    cluster.setupPrimary({ exec: program, args })
    const child = cluster.fork()
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }
  /** Resolves when there is nothing to keep any more. */
  const keep = async (number: number, first: Worker): Promise<void> => {
    let child = first
    for (let deaths = 0; ; ) {
      const began = performance.now()
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      if (stopping.signal.aborted) return
      deaths = performance.now() - began > healthyMs ? 0 : deaths + 1
      const pauseMs = Math.min(100 * 2 ** deaths, longestPauseMs)
      log.error(
        { number, pid: child.process.pid, code, signal, pauseMs },
        'a process died; another one takes its place',
      )
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      child = fork(number)
    }
  }

  const first = fork(1)
  const begun = await Promise.race([saysReady(first), once(first, 'exit'), stop.asked])
  if (Array.isArray(begun)) return typeof begun[0] === 'number' ? begun[0] : 1
  const kept = [keep(1, first)]
  if (begun === readyMessage) {
    for (let number = 2; number <= settings.webConcurrency; number += 1) kept.push(keep(number, fork(number)))
  }

  log.info({ reason: await stop.asked, processes: children.size }, 'stopping')
  stopping.abort()
  const codes = [...children].map(async (child) => {
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    child.process.kill('SIGTERM')
    const [code, signal] = await ended
    // One that has just begun does not listen to signals yet: it ends as it was told.
    return signal === 'SIGTERM' ? 0 : code
  })
  const timer = setTimeout(() => {
    for (const child of children) {
      log.error({ pid: child.process.pid }, 'a process did not end in time, or was paused: it is killed')
      child.process.kill('SIGKILL')
    }
  }, shutdownMs)
  const failed = (await Promise.all(codes)).some((code) => code !== 0)
  clearTimeout(timer)
  await Promise.all(kept)
  return failed ? 1 : 0
}

/** Each takes a metrics port, from METRICS_PORT on. One that nobody asked for gives way in development. */
function refuseTakenPorts({ port, metricsPort, metricsPortIsDefault, mode, webConcurrency }: Settings): void {
  if (metricsPort === null || metricsPort === 0 || (mode === 'development' && metricsPortIsDefault)) return
  const last = metricsPort + webConcurrency - 1
  const range = `WEB_CONCURRENCY=${webConcurrency} takes the ports ${metricsPort} to ${last} for metrics`
  const advice = 'Choose another METRICS_PORT, or METRICS_PORT=off.'
  if (last > 65_535) throw new ConfigError([`METRICS_PORT: ${range}, and 65535 is the last one. ${advice}`])
  if (port >= metricsPort && port <= last) {
    throw new ConfigError([`METRICS_PORT: ${range}, and PORT=${port} is one of them. ${advice}`])
  }
}

async function saysReady(child: Worker): Promise<typeof readyMessage> {
  for (;;) {
    const [message] = await once(child, 'message')
    if (message === readyMessage) return readyMessage
  }
}
