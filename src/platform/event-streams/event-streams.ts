import { randomUUID } from 'node:crypto'
import type { Database } from '../database/db.ts'

/** Who opened a stream. Only a token of the same user, role and operator extends it. */
export interface StreamOwner {
  readonly userId: string
  readonly isAdmin: boolean
  /** Clerk's id of the operator who impersonates the user; null for the user. */
  readonly actor: string | null
}

export interface EventStreamKey extends StreamOwner {
  readonly id: string
}

/**
 * The open event streams of all processes, each with the expiry of its token (docs/decisions/0032). A row is written by
 * the process that has verified the token, and read by the process that has the stream, when it is about to end it. So no
 * notification is needed, and no token is stored or sent.
 */
export interface EventStreams {
  /** Stores an open stream and resolves to its id. */
  add(owner: StreamOwner, expiresAt: Date): Promise<EventStreamKey>
  /**
   * Extends a stream of this owner, on any process. Resolves to its expiry, which is never earlier than before; null
   * where the owner has no such stream.
   */
  extend(stream: EventStreamKey, expiresAt: Date): Promise<Date | null>
  /** Ends the stream, unless it was extended beyond `expiresAt`: then resolves to its new expiry, otherwise to null. */
  endUnlessExtended(stream: EventStreamKey, expiresAt: Date): Promise<Date | null>
  remove(stream: EventStreamKey): Promise<void>
}

export function createEventStreams(db: Pick<Database, 'query'>): EventStreams {
  return {
    async add(owner, expiresAt) {
      const stream = { ...owner, id: randomUUID() }
      await db.query(
        `INSERT INTO event_streams (user_id, id, is_admin, actor_clerk_id, expires_at) VALUES ($1, $2, $3, $4, $5)`,
        [stream.userId, stream.id, stream.isAdmin, stream.actor, expiresAt],
      )
      return stream
    },
    async extend({ userId, id, isAdmin, actor }, expiresAt) {
      const [row] = await db.query<{ expiresAt: Date }>(
        `UPDATE event_streams SET expires_at = greatest(expires_at, $5)
         WHERE user_id = $1 AND id = $2 AND is_admin = $3 AND actor_clerk_id IS NOT DISTINCT FROM $4
         RETURNING expires_at AS "expiresAt"`,
        [userId, id, isAdmin, actor, expiresAt],
      )
      return row?.expiresAt ?? null
    },
    async endUnlessExtended({ userId, id }, expiresAt) {
      // This statement and the one of extend() lock the row, so one of them is first and decides.
      const ended = await db.query(
        'DELETE FROM event_streams WHERE user_id = $1 AND id = $2 AND expires_at <= $3 RETURNING id',
        [userId, id, expiresAt],
      )
      if (ended.length > 0) return null
      const [row] = await db.query<{ expiresAt: Date }>(
        'SELECT expires_at AS "expiresAt" FROM event_streams WHERE user_id = $1 AND id = $2',
        [userId, id],
      )
      return row?.expiresAt ?? null
    },
    async remove({ userId, id }) {
      await db.query('DELETE FROM event_streams WHERE user_id = $1 AND id = $2', [userId, id])
    },
  }
}
