import { setTimeout as sleep } from 'node:timers/promises'
import type { Notification } from 'pg'
import { cancellationChannel, queueChannels } from '../compat/graphile-worker/channels.ts'
import { sessionOptions } from '../database/session-options.ts'
import { endWithTimeout, keepAliveOptions, keepPinging, TimeoutClient } from '../database/timeout-client.ts'
import type { Log } from '../observability/log.ts'

export interface JobListenerOptions {
  readonly directUrl: string
  readonly answerMs: number
  readonly log: Log
  /** Jobs were added to a lane, or may have been while the connection was broken. */
  readonly onAdded: () => void
  /** Running jobs were cancelled, or may have been. */
  readonly onCancelled: () => void
  /** A newer version of graphile-worker changed its tables so that this version cannot use them. */
  readonly onBreakingMigration: () => void
}

export interface JobListener {
  /** Resolves when it listens, or the first try has failed. */
  readonly ready: Promise<void>
  end(): Promise<void>
}

const firstPauseMs = 200
const longestPauseMs = 5_000

/** One connection that listens for every lane. Another one replaces it when it breaks or is not answered. Notifications may be lost. */
export function listenForJobs(options: JobListenerOptions): JobListener {
  const { directUrl, answerMs, log, onAdded, onCancelled } = options
  const ended = new AbortController()
  let client: TimeoutClient | undefined

  const onNotification = ({ channel, payload }: Notification) => {
    if (channel === queueChannels.added) onAdded()
    if (channel === cancellationChannel) onCancelled()
    if (channel === queueChannels.migrated && isBreaking(payload)) options.onBreakingMigration()
  }
  const connect = async (): Promise<void> => {
    const next = new TimeoutClient({
      connectionString: directUrl,
      options: sessionOptions,
      query_timeout: answerMs,
      ...keepAliveOptions,
    })
    next.on('notification', onNotification)
    next.on('error', (error) => log.warn({ err: error }, 'the connection that listens for jobs broke'))
    try {
      await next.connect()
      const channels = [...Object.values(queueChannels), cancellationChannel]
      await next.query(channels.map((channel) => `LISTEN "${channel}"`).join('; '))
    } catch (error) {
      await endWithTimeout(next).catch(() => undefined)
      throw error
    }
    if (ended.signal.aborted) return endWithTimeout(next)
    client = next
    keepPinging(next)
    next.once('end', () => void reconnect())
    onAdded()
    onCancelled()
  }
  const reconnect = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined)
      if (ended.signal.aborted) return
      try {
        return await connect()
      } catch (error) {
        log.debug({ err: error }, 'listening for jobs failed; trying again')
      }
    }
  }
  const ready = connect().catch((error: unknown) => {
    log.warn({ err: error }, 'listening for jobs failed; trying again')
    void reconnect()
  })

  return {
    ready,
    async end() {
      ended.abort()
      if (client) await endWithTimeout(client)
    },
  }
}

function isBreaking(payload: string | undefined): boolean {
  try {
    return (JSON.parse(payload ?? 'null') as { breaking?: unknown } | null)?.breaking === true
  } catch {
    return false
  }
}
