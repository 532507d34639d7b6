import { NotFound } from '../errors.ts'
import type { Message } from '../messages/message.ts'
import type { Notifications } from './notifications.ts'

export interface Watched {
  readonly topic: string
  readonly signal: AbortSignal
  /** What is yielded each time. */
  readonly id: string
  /** Resolves to a value that differs between two states of the row; null where the row does not exist. */
  read(): Promise<string | number | null>
  /** What NotFound says. */
  readonly notFound: Message
}

/**
 * Yields the id for the present state, then each time `read` resolves to another value, until the row is deleted or the
 * signal aborts. It subscribes before it reads, so that no change falls between. Throws NotFound where there is no row
 * at the start.
 */
export async function watch(
  notifications: Notifications,
  { topic, signal, id, read, notFound }: Watched,
): Promise<AsyncIterable<string>> {
  const changes = await notifications.subscribe(topic, signal)
  const first = await read()
  if (first === null) throw new NotFound(notFound)

  return (async function* () {
    let seen = first
    yield id
    for await (const _ of changes) {
      const present = await read()
      if (present === null) return
      if (present === seen) continue
      seen = present
      yield id
    }
  })()
}
