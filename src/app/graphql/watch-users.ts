import { findUnavailableUsers, standingTopic } from '../../domains/users/index.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import { createPoll } from '../../platform/notifications/poll.ts'
import type { Log } from '../../platform/observability/log.ts'

export interface WatchUsersPorts {
  readonly db: Pick<Database, 'query'>
  readonly notifications: Notifications
  readonly log: Log
}

/** A signal that aborts when the user is banned or deleted. The user is observed until `until` aborts. */
export type WatchUser = (userId: string, until: AbortSignal) => AbortSignal

/** A user with open streams, which share the signal. */
interface Watched {
  readonly userId: string
  readonly unavailable: AbortController
  /** Aborts with the end of the last stream. */
  readonly left: AbortController
  streams: number
}

/**
 * Observes the users whose streams are open in this process. A notification of their standing leads to a check at once;
 * as it may be lost, all of them are also checked every second, in one statement.
 */
export function watchUsers({ db, notifications, log }: WatchUsersPorts): WatchUser {
  const users = new Map<string, Watched>()
  const poll = createPoll<Watched>({
    name: 'standing of users with open streams',
    log,
    async find(watched) {
      const ids = watched.map(({ userId }) => userId)
      const unavailable = await findUnavailableUsers(db, ids)
      return watched.filter(({ userId }) => unavailable.has(userId))
    },
  })

  function start(userId: string): Watched {
    const watched: Watched = { userId, unavailable: new AbortController(), left: new AbortController(), streams: 0 }
    const { unavailable, left } = watched
    const leave = poll.add(watched, () => {
      // A stream that is opened later, when the user may act again, has a signal of its own.
      if (users.get(userId) === watched) users.delete(userId)
      unavailable.abort()
    })
    left.signal.addEventListener('abort', leave, { once: true })
    checkWhenNotified(userId, left.signal).catch((error: unknown) => {
      log.warn({ err: error }, 'a user with open streams is checked every second only: notifications failed')
    })
    users.set(userId, watched)
    return watched
  }

  async function checkWhenNotified(userId: string, left: AbortSignal): Promise<void> {
    for await (const _ of await notifications.subscribe(standingTopic(userId), left)) poll.checkNow()
  }

  return (userId, until) => {
    if (until.aborted) return new AbortController().signal
    const watched = users.get(userId) ?? start(userId)
    watched.streams += 1
    const leave = () => {
      watched.streams -= 1
      if (watched.streams > 0) return
      if (users.get(userId) === watched) users.delete(userId)
      watched.left.abort()
    }
    until.addEventListener('abort', leave, { once: true })
    return watched.unavailable.signal
  }
}
