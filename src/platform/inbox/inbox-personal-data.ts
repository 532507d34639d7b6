import type { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import type { PersonalData } from '../personal-data.ts'
import { bodyPlace } from './inbox.ts'

/** A condition for the events of one provider that are about a user. */
export type UserEventsFilter = (db: Reader, userId: string) => Promise<Prisma.InboxEventWhereInput>

/** The subjects of one provider that may stay when a user is erased. */
export type KeptSubjects = (db: Reader, userId: string) => Promise<readonly string[]>

export interface InboxPersonalDataOptions {
  readonly encryptor: Encryptor
  /** One per provider. */
  readonly sources: readonly { readonly userEventsFilter: UserEventsFilter; readonly keptSubjects?: KeptSubjects }[]
}

/**
 * The events that providers sent about a person. Erasure deletes their bodies; the rows stay as a record of what was
 * processed.
 */
export function inboxPersonalData({ encryptor, sources }: InboxPersonalDataOptions): PersonalData {
  const eventsAbout = async (db: Reader, userId: string) => {
    const wheres: Prisma.InboxEventWhereInput[] = []
    for (const { userEventsFilter } of sources) wheres.push(await userEventsFilter(db, userId))
    return { OR: wheres }
  }
  return {
    tables: ['inbox_events'],
    async *exportFiles(db, userId) {
      const events = await db.inboxEvent.findMany({
        where: await eventsAbout(db, userId),
        select: { source: true, type: true, sentAt: true, receivedAt: true, body: true },
        orderBy: { receivedAt: 'asc' },
      })
      const json = events.map(({ body, ...event }) => ({
        ...event,
        body: body && parseIfJson(encryptor.decrypt(body, bodyPlace).toString('utf8')),
      }))
      yield { path: 'webhook-events.json', json }
    },
    async eraseRows(tx, { userId }) {
      for (const { userEventsFilter, keptSubjects } of sources) {
        const where = await userEventsFilter(tx, userId)
        await tx.inboxEvent.updateMany({ where, data: { body: null, lastError: null } })
        if (!keptSubjects) continue
        const subject = { notIn: [...(await keptSubjects(tx, userId))] }
        await tx.inboxEvent.updateMany({ where: { AND: [where, { subject }] }, data: { subject: null } })
      }
    },
  }
}

/** Parses JSON, so that the export does not hold JSON within a JSON string. */
function parseIfJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
