import { Client, type ClientBase, type ClientConfig } from 'pg'

/**
 * Detects a peer that disappeared without closing the connection (a failover, a NAT that dropped its entry). TCP
 * keep-alive closes an idle connection within 20 s; Linux's default is two hours.
 */
export const keepAliveOptions = {
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const satisfies ClientConfig

/** A connection that only listens sends nothing, so no statement timeout would detect a stalled peer. */
const pingMs = 20_000
const endTimeoutMs = 500

type RunQuery = (...args: readonly unknown[]) => unknown

/**
 * Closes itself when a statement is not answered within its `query_timeout`. pg alone rejects the statement and keeps
 * the connection, so the next user of the pooled connection waits as long again. TCP_USER_TIMEOUT would solve it; Node
 * cannot set it. The time counts from the call: two statements sent at once share it.
 */
export class TimeoutClient extends Client {
  constructor(config?: ClientConfig) {
    super(config)
    const run = this.query.bind(this) as RunQuery
    const closeIfStalled = (error: unknown) => {
      if (error instanceof Error && error.message === 'Query read timeout') {
        this.connection.stream.destroy(new Error('Connection terminated: Postgres did not answer a statement in time.'))
      }
    }
    const query: RunQuery = (...args) => {
      const callback = args.at(-1)
      if (typeof callback !== 'function') {
        const answer = run(...args)
        if (answer instanceof Promise) answer.catch(closeIfStalled)
        return answer
      }
      return run(...args.slice(0, -1), (error: unknown, result: unknown) => {
        closeIfStalled(error)
        callback(error, result)
      })
    }
    this.query = query as Client['query']
  }
}

/**
 * Sends a statement at intervals over a connection that listens, so that a TimeoutClient without an answer closes
 * itself. Returns a function that stops it.
 */
export function keepPinging(client: ClientBase, everyMs = pingMs): () => void {
  let isPinging = false
  const ping = async () => {
    if (isPinging) return
    isPinging = true
    await client.query('SELECT').catch(() => undefined)
    isPinging = false
  }
  const timer = setInterval(ping, everyMs)
  timer.unref()
  const stop = () => clearInterval(timer)
  client.once('end', stop)
  return stop
}

/** Closes the connection; destroys its socket if the peer has not answered after half a second. */
export async function endWithTimeout(client: Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), endTimeoutMs)
  await client.end().finally(() => clearTimeout(timer))
}
