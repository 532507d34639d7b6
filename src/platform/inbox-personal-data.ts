import type { Reader } from './db.ts'
import { bodyPlace, eraseBodies } from './inbox.ts'
import type { PersonalData } from './personal-data.ts'
import type { Sealer } from './sealing.ts'

export interface InboxOfPersonOptions {
  readonly sealer: Sealer
  readonly source: string
  /** By which id the source knows a person; null where it does not. */
  readonly subjectOf: (db: Reader, userId: string) => Promise<string | null>
}

/** What a provider told about a person. The events stay, as a record of what was worked on; what they said goes. */
export function inboxOfPerson({ sealer, source, subjectOf }: InboxOfPersonOptions): PersonalData {
  return {
    tables: ['inbox_events'],
    async *exportFiles(db, userId) {
      const subject = await subjectOf(db, userId)
      const events =
        subject === null
          ? []
          : await db.inboxEvent.findMany({
              where: { source, subject },
              select: { source: true, type: true, sentAt: true, receivedAt: true, body: true },
              orderBy: { receivedAt: 'asc' },
            })
      const json = events.map(({ body, ...event }) => ({
        ...event,
        body: body && readable(sealer.open(body, bodyPlace).toString('utf8')),
      }))
      yield { path: 'webhook-events.json', json }
    },
    async eraseRows(tx, { userId }) {
      const subject = await subjectOf(tx, userId)
      if (subject !== null) await eraseBodies(tx, { source, subject })
    },
  }
}

/** As JSON where it is some, so that people need not read JSON within JSON. */
function readable(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
