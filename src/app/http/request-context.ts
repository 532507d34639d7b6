/** What the HTTP server knows of the client before the request is read. */
export interface RequestContext {
  /** Aborts with `clientDisconnected` or `serverStopping` as its reason. */
  readonly disconnected: AbortSignal
  /** The client address, as the key of rate limits if nobody is signed in. */
  readonly address: string
  /** Whether a fresh token can extend its stream; a WebSocket ends with its token. */
  readonly isExtendable: boolean
}

/** One of each for all requests: creating an error takes 5 µs, for its stack. */
export const clientDisconnected = new DOMException('The client has disconnected.', 'AbortError')
export const serverStopping = new DOMException('The server is stopping.', 'AbortError')
