import { NotFound } from '../errors.ts'
import type { Events } from './events.ts'

export interface Watched {
  readonly topic: string
  readonly signal: AbortSignal
  /** What is yielded each time. */
  readonly id: string
  /** What tells one state of it from another; null where there is no such thing. */
  read(): Promise<string | number | null>
  /** For people, where there is none from the start: activity. */
  readonly what: string
}

/**
 * Yields the id once for the present state and then whenever it reads otherwise, until it is gone or the signal aborts. It
 * listens before it reads, so nothing falls between; a hint only says to look. Throws NotFound when there is no such thing
 * from the start.
 */
export async function watch(
  events: Events,
  { topic, signal, id, read, what }: Watched,
): Promise<AsyncIterable<string>> {
  const hints = await events.subscribe(topic, signal)
  const first = await read()
  if (first === null) throw new NotFound(what)

  return (async function* () {
    let seen = first
    yield id
    for await (const _ of hints) {
      const present = await read()
      if (present === null) return
      if (present === seen) continue
      seen = present
      yield id
    }
  })()
}
