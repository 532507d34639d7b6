import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../database/db.ts'
import type { PersonalData } from '../personal-data.ts'
import type { Sealer } from '../sealing/sealing.ts'
import { bodyPlace } from './inbox.ts'

/** Which events of a provider are about a person. */
export type EventsOfPerson = (db: Reader, userId: string) => Promise<Prisma.InboxEventWhereInput>

export interface InboxOfPersonOptions {
  readonly sealer: Sealer
  /** One of each provider. */
  readonly eventsOf: readonly EventsOfPerson[]
}

/** What providers told about a person. The events stay, as a record of what was worked on; what they said goes. */
export function inboxOfPerson({ sealer, eventsOf }: InboxOfPersonOptions): PersonalData {
  const about = async (db: Reader, userId: string) => {
    const wheres: Prisma.InboxEventWhereInput[] = []
    for (const ofProvider of eventsOf) wheres.push(await ofProvider(db, userId))
    return { OR: wheres }
  }
  return {
    tables: ['inbox_events'],
    async *exportFiles(db, userId) {
      const events = await db.inboxEvent.findMany({
        where: await about(db, userId),
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
      await tx.inboxEvent.updateMany({ where: await about(tx, userId), data: { body: null, lastError: null } })
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
