import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

const ping = ':\n\n'

/** A silent stream sends so many within the time after which a client that takes nothing is cut off. */
const pingsOfStall = 2.5

/**
 * Writes server-sent events (graphql-sse's distinct connections) as fast as the client takes them, and pings between
 * them. A client that goes away is no failure: who makes the texts hears of it by a signal.
 */
export async function writeEvents(
  response: ServerResponse,
  texts: AsyncIterable<string>,
  stallSeconds: number,
): Promise<void> {
  // At once: some clients wait for a first byte.
  response.write(ping)
  const pings = setInterval(
    () => {
      if (!response.writableNeedDrain) response.write(ping)
    },
    (stallSeconds * 1_000) / pingsOfStall,
  )
  await pipeline(eventsOf(texts), response)
    .catch(() => undefined)
    .finally(() => clearInterval(pings))
}

async function* eventsOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield `event: next\ndata: ${text}\n\n`
  yield 'event: complete\ndata:\n\n'
}
