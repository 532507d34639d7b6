import { endSoon, ImpatientClient, keepPinging, noticesSilence } from '../database/silent-connections.ts'
import type { Log } from '../watching/log.ts'
import { createSignals, type Signals } from './signals.ts'

const channel = 'pacer_hints'
const coalesceMs = 20
const rereadMs = 30_000

/**
 * Hints that a row changed, from any process to any process. The rows are the truth: a hint names a topic and carries
 * nothing else, may come twice, and may be lost; so subscribers read again on every (re-)LISTEN and every 30 seconds.
 */
export interface Events extends AsyncDisposable {
  /** Tells everyone, soon: hints of 20 ms go out together, after the commit that caused them (inside a transaction,
   * NOTIFY serialises all commits: 5,800 → 2,150 a second when measured with 32 connections). */
  publish(topics: Iterable<string>): void
  /** Resolves once listening is acknowledged: what commits from then on is hinted. Ends with the signal. */
  subscribe(topic: string, signal: AbortSignal): Promise<AsyncIterable<void>>
}

export interface EventsOptions {
  /** Without a pooler, which knows no LISTEN. */
  readonly directUrl: string
  /** Sends the statement; over any connection. */
  readonly send: (sql: string, values: unknown[]) => Promise<unknown>
  readonly log: Log
  /** How often, in milliseconds, the listening connection is asked whether it is still there; 20 s unless told. */
  readonly pingMs?: number
  /** For LISTEN itself and each of these questions, not for listening; 5 s unless told. */
  readonly answerMs?: number
}

export function createEvents(options: EventsOptions): Events {
  const signals = createSignals()
  const outgoing = createOutgoing(options)
  let listener: Listener | undefined
  const timer = setInterval(() => signals.raiseAll(), rereadMs)
  timer.unref()

  return {
    publish: outgoing.publish,
    async subscribe(topic, signal) {
      listener ??= createListener(options, signals)
      const hints = signals.wait(topic, signal)
      await listener.ready()
      return hints
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      signals.endAll()
      await outgoing.flush()
      await listener?.end()
    },
  }
}

function createOutgoing({ send, log }: EventsOptions) {
  const topics = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    if (topics.size === 0) return
    const batch = [...topics]
    topics.clear()
    try {
      await send('SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS topic', [channel, batch])
    } catch (error) {
      log.warn({ err: error, hints: batch.length }, 'hints were lost; subscribers read again within 30 seconds')
    }
  }
  return {
    flush,
    publish(added: Iterable<string>) {
      for (const topic of added) topics.add(topic)
      if (topics.size > 0) timer ??= setTimeout(flush, coalesceMs)
    },
  }
}

interface Listener {
  /** Resolves when the connection listens. */
  ready(): Promise<void>
  end(): Promise<void>
}

/**
 * One connection that listens, made anew when it breaks or falls silent (after 25 s at the latest); every time it listens
 * again, everyone reads again.
 */
function createListener({ directUrl, log, pingMs, answerMs = 5_000 }: EventsOptions, signals: Signals): Listener {
  let client: ImpatientClient | undefined
  let ended = false
  let listening = connect(0)

  async function connect(attempt: number): Promise<void> {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** attempt, 5_000)))
    if (ended) return
    const next = new ImpatientClient({ connectionString: directUrl, query_timeout: answerMs, ...noticesSilence })
    next.on('notification', (message) => signals.raise(message.payload ?? ''))
    next.on('error', (error) => log.warn({ err: error }, 'the listening connection broke'))
    try {
      await next.connect()
      await next.query(`LISTEN ${channel}`)
    } catch (error) {
      log.warn({ err: error }, 'listening failed; trying again')
      await endSoon(next).catch(() => undefined)
      return connect(attempt + 1)
    }
    if (ended) return endSoon(next)
    client = next
    keepPinging(next, pingMs)
    next.once('end', () => {
      if (!ended) listening = connect(1)
    })
    signals.raiseAll()
  }

  return {
    ready: () => listening,
    async end() {
      ended = true
      if (client) await endSoon(client)
    },
  }
}
