/** What the front knows of who asks, before anything is read. */
export interface RequestContext {
  /** Aborted when the client goes away or the server stops. */
  readonly gone: AbortSignal
  /** What to count by, where nobody is signed in. */
  readonly address: string
}
