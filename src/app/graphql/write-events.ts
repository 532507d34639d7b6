import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { StreamFormat } from './stream-formats.ts'

/** A silent stream sends so many pings within the time after which a client that reads nothing is disconnected. */
export const pingsPerStall = 2.5

/**
 * Writes the chunks of a stream as fast as the client reads them, and pings between them. A client that disconnects is no
 * error: the source of the chunks has a signal for it. Rejects with the error of `chunks`, and the response is destroyed
 * then.
 */
export async function writeEvents(
  response: ServerResponse,
  chunks: AsyncIterable<string>,
  { opening, ping }: StreamFormat,
  stallSeconds: number,
): Promise<void> {
  response.write(opening)
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
  await pipeline(observed(chunks, noteFailure), response)
    .catch(() => undefined)
    .finally(() => clearInterval(pings))
  if (failure) throw failure.error
}

async function* observed(chunks: AsyncIterable<string>, onError: (error: unknown) => void): AsyncGenerator<string> {
  try {
    yield* chunks
  } catch (error) {
    onError(error)
    throw error
  }
}
