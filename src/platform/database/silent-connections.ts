import { Client, type ClientBase, type ClientConfig } from 'pg'

/**
 * What makes a connection notice that its other side is gone without a word (a failover, a NAT that has forgotten it). An
 * idle one is dead 20 s later by TCP's own probes; Linux would begin them after two hours.
 */
export const noticesSilence = {
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const satisfies ClientConfig

/** A connection that only listens sends nothing that could be left unanswered. */
const pingMs = 20_000
const farewellMs = 500

type Ask = (...asked: readonly unknown[]) => unknown

/**
 * Cuts itself when a statement is not answered within its `query_timeout`. pg alone gives the statement up and keeps the
 * connection, and who gets that next from a pool waits as long again. TCP_USER_TIMEOUT would do it; Node cannot set it. The
 * time counts from the asking on: whoever asks two things at once has it for both.
 */
export class ImpatientClient extends Client {
  constructor(config?: ClientConfig) {
    super(config)
    const ask = this.query.bind(this) as Ask
    const cutIfSilent = (error: unknown) => {
      if (error instanceof Error && error.message === 'Query read timeout') {
        this.connection.stream.destroy(new Error('Connection terminated: Postgres left a statement unanswered.'))
      }
    }
    const asking: Ask = (...asked) => {
      const callback = asked.at(-1)
      if (typeof callback !== 'function') {
        const answer = ask(...asked)
        if (answer instanceof Promise) answer.catch(cutIfSilent)
        return answer
      }
      return ask(...asked.slice(0, -1), (error: unknown, result: unknown) => {
        cutIfSilent(error)
        callback(error, result)
      })
    }
    this.query = asking as Client['query']
  }
}

/** Asks now and then a connection that listens: an ImpatientClient that gets no answer is cut. Call the answer to end it. */
export function keepPinging(client: ClientBase, everyMs = pingMs): () => void {
  let isAsking = false
  const ping = async () => {
    if (isAsking) return
    isAsking = true
    await client.query('SELECT').catch(() => undefined)
    isAsking = false
  }
  const timer = setInterval(ping, everyMs)
  timer.unref()
  const end = () => clearInterval(timer)
  client.once('end', end)
  return end
}

/** Says good-bye, and waits half a second for the other side to say it too. */
export async function endSoon(client: Client): Promise<void> {
  const timer = setTimeout(() => client.connection.stream.destroy(), farewellMs)
  await client.end().finally(() => clearTimeout(timer))
}
