import type { Interruption } from './stream-end.ts'

/** How the events of a subscription are written into one HTTP response. */
export interface StreamFormat {
  readonly contentType: string
  /** What a response begins with, at once: some clients wait for a first byte. */
  readonly opening: string
  readonly ping: string
  /** Tells the client that the stream is complete, so that it does not open it again. */
  readonly complete: string
  event(json: string): string
  /** Says why the stream ends without `complete`, for people and logs; clients ignore it. */
  interruption(reason: Interruption): string
}

const comment = ':\n\n'

/** Server-sent events: the distinct connections of graphql-sse. */
export const serverSentEvents: StreamFormat = {
  contentType: 'text/event-stream',
  opening: comment,
  ping: comment,
  complete: 'event: complete\ndata:\n\n',
  event: (json) => `event: next\ndata: ${json}\n\n`,
  interruption: (reason) => `: ${reason}\n\n`,
}

const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`

/**
 * Multipart subscriptions, as Apollo's clients for the web, iOS and Android request them. A part ends with the boundary
 * after it, so each is written with that boundary.
 */
export const multipartEvents: StreamFormat = {
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  opening: '\r\n--graphql',
  ping: part('{}'),
  complete: '--\r\n',
  event: (json) => part(`{"payload":${json}}`),
  interruption: () => '',
}
