import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

const ping = ':\n\n'

/** A silent stream sends so many pings within the time after which a client that reads nothing is disconnected. */
const pingsPerStall = 2.5

/**
 * Writes server-sent events (the distinct connections of graphql-sse) as fast as the client reads them, and pings between
 * them. A client that disconnects is no error: the source of the texts has a signal for it. Rejects with the error of
 * `texts`, and the response is destroyed then.
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
    (stallSeconds * 1_000) / pingsPerStall,
  )
  let failure: { readonly error: unknown } | undefined
  const noteFailure = (error: unknown) => {
    if (!response.destroyed) failure = { error }
  }
  await pipeline(eventsOf(texts, noteFailure), response)
    .catch(() => undefined)
    .finally(() => clearInterval(pings))
  if (failure) throw failure.error
}

async function* eventsOf(texts: AsyncIterable<string>, onError: (error: unknown) => void): AsyncGenerator<string> {
  try {
    for await (const text of texts) yield `event: next\ndata: ${text}\n\n`
  } catch (error) {
    onError(error)
    throw error
  }
  yield 'event: complete\ndata:\n\n'
}
