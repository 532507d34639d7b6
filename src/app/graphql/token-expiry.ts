import type { Viewer } from '../../graphql/context.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EventStreamKey, EventStreams, StreamOwner } from '../../platform/event-streams/event-streams.ts'
import type { Log } from '../../platform/observability/log.ts'
import { delayUntil } from './delay-until.ts'

/** The expiry of the token that a request was sent with. */
export interface TokenExpiry {
  /** Aborts when the token has expired, and no fresh one has extended the stream. */
  signal(): AbortSignal
  /** Stores the stream until its client disconnects, so that a fresh token can extend it. Resolves to its id. */
  makeExtendable(): Promise<string>
}

export interface TokenExpiryOptions {
  readonly viewer: Viewer
  readonly disconnected: AbortSignal
  readonly eventStreams: EventStreams
  readonly clock: Clock
  readonly log: Log
}

/** Who may extend a stream that the viewer opens. */
export function streamOwnerOf({ id, isAdmin, actor }: Viewer): StreamOwner {
  return { userId: id, isAdmin, actor }
}

export function createTokenExpiry(options: TokenExpiryOptions): TokenExpiry {
  const { viewer, disconnected, eventStreams, clock, log } = options
  let stream: EventStreamKey | null = null
  let expired: AbortController | null = null
  let timer: NodeJS.Timeout | undefined

  const wait = (until: Date): void => {
    timer = setTimeout(() => void endOrWait(until), delayUntil(until, clock())).unref()
  }
  const endOrWait = async (expiresAt: Date): Promise<void> => {
    const extended = stream && (await eventStreams.endUnlessExtended(stream, expiresAt).catch(noteFailure))
    if (disconnected.aborted) return
    if (extended) return wait(extended)
    stream = null
    expired?.abort()
  }
  const noteFailure = (error: unknown): null => {
    log.warn({ err: error }, 'a stream ends with its token: whether a fresh token has extended it could not be read')
    return null
  }
  const remove = (): void => {
    if (!stream) return
    eventStreams.remove(stream).catch((error: unknown) => {
      log.warn({ err: error }, 'the row of an ended stream was not deleted; it is pruned later')
    })
  }
  return {
    signal() {
      if (expired) return expired.signal
      expired = new AbortController()
      disconnected.addEventListener('abort', () => clearTimeout(timer), { once: true })
      wait(viewer.expiresAt)
      return expired.signal
    },
    async makeExtendable() {
      stream = await eventStreams.add(streamOwnerOf(viewer), viewer.expiresAt)
      if (disconnected.aborted) remove()
      else disconnected.addEventListener('abort', remove, { once: true })
      return stream.id
    },
  }
}
