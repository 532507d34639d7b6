import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { Emails } from './emails.ts'
import type { LegacyLine, LegacyPerson } from './read-legacy-people.ts'

export interface ImportPorts {
  readonly db: Reader
  readonly emails: Emails
  readonly clock: () => Date
}

export interface RefusedLine {
  readonly line: number
  readonly refusal: string
}

/** What became of up to 500 lines. */
export interface ImportStep {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  /** Already linked to Clerk, which says what they are called; nothing of them was changed. */
  readonly linked: number
  readonly refused: readonly RefusedLine[]
}

const batchSize = 500

type Accepted = Extract<LegacyLine, { person: LegacyPerson }>

/**
 * Brings people of an older system as rows that no Clerk user belongs to yet. The unique legacy_id makes it idempotent:
 * a second import corrects those who are not linked, and a run that was killed is simply run again.
 *
 * Ids are remembered to refuse the second line of the same one: 60 MB for a million people.
 */
export async function* importUsers(ports: ImportPorts, lines: AsyncIterable<LegacyLine>): AsyncGenerator<ImportStep> {
  const seen = new Set<string>()
  let accepted: Accepted[] = []
  let refused: RefusedLine[] = []
  for await (const line of lines) {
    if ('refusal' in line) refused.push(line)
    else if (seen.has(line.person.legacyId)) {
      refused.push({ line: line.line, refusal: 'its legacy id stands on an earlier line too' })
    } else {
      seen.add(line.person.legacyId)
      accepted.push(line)
    }
    if (accepted.length + refused.length < batchSize) continue
    yield await importBatch(ports, accepted, refused)
    accepted = []
    refused = []
  }
  yield await importBatch(ports, accepted, refused)
}

async function importBatch(
  ports: ImportPorts,
  accepted: readonly Accepted[],
  refused: readonly RefusedLine[],
): Promise<ImportStep> {
  const erased = await erasedAmong(ports, accepted)
  const wanted = accepted.filter((line) => !erased.has(line))
  const written = wanted.length > 0 ? await upsert(ports, wanted) : []
  const touched = new Set(written.map(({ legacyId }) => legacyId))
  const left = wanted.filter(({ person }) => !touched.has(person.legacyId))
  const rows = await ports.db.user.findMany({
    where: { legacyId: { in: left.map(({ person }) => person.legacyId) } },
    select: { legacyId: true, clerkId: true, standing: true },
  })
  const rowOf = new Map(rows.map((row) => [row.legacyId, row]))
  const leaving = left.filter(({ person }) => rowOf.get(person.legacyId)?.standing === 'DELETING')
  const linked = left.filter((line) => !leaving.includes(line) && rowOf.get(line.person.legacyId)?.clerkId)
  const created = written.filter((row) => row.created).length
  return {
    created,
    updated: written.length - created,
    unchanged: left.length - leaving.length - linked.length,
    linked: linked.length,
    refused: [
      ...refused,
      ...[...erased].map(({ line }) => ({ line, refusal: 'somebody with its address was erased here' })),
      ...leaving.map(({ line }) => ({ line, refusal: 'its person is being deleted here' })),
    ].sort((one, other) => one.line - other.line),
  }
}

/** Whoever asked to be forgotten does not come back by a file that nobody took them out of. */
async function erasedAmong({ db, emails, clock }: ImportPorts, lines: readonly Accepted[]): Promise<Set<Accepted>> {
  const hashOf = new Map(
    lines.flatMap((line) => {
      const { email } = line.person
      return email === null ? [] : [[line, emails.erasedHashOf(email)] as const]
    }),
  )
  const rows = await db.erasedAddress.findMany({
    where: { addressHash: { in: [...hashOf.values()] }, forgetAt: { gt: clock() } },
    select: { addressHash: true },
  })
  const hashes = new Set(rows.map(({ addressHash }) => addressHash))
  return new Set(lines.filter((line) => hashes.has(hashOf.get(line) ?? '')))
}

/** Tells of the rows that were made or changed; the others are left as they are. */
function upsert(
  { db, emails, clock }: ImportPorts,
  lines: readonly Accepted[],
): Promise<{ legacyId: string; created: boolean }[]> {
  const now = clock()
  // Two imports at once lock rows in the same order, whatever the order of their files.
  const inOrder = lines.toSorted((one, other) => (one.person.legacyId < other.person.legacyId ? -1 : 1))
  const values = inOrder.map(({ person }) => {
    const { legacyId, email, firstName, lastName, credits } = person
    const { emailSealed, emailIndex } = emails.columns(email)
    return Prisma.sql`(
      ${uuidv7()}::uuid, ${legacyId}, ${credits}::int, ${emailSealed}::bytea, ${emailIndex}, ${firstName}, ${lastName},
      ${now}::timestamptz)`
  })
  return db.$queryRaw`
    INSERT INTO users AS person (
      id, legacy_id, legacy_credits, email_sealed, email_index, first_name, last_name, created_at)
    VALUES ${Prisma.join(values)}
    ON CONFLICT (legacy_id) DO UPDATE SET
      legacy_credits = excluded.legacy_credits, email_sealed = excluded.email_sealed,
      email_index = excluded.email_index, first_name = excluded.first_name, last_name = excluded.last_name
    WHERE person.clerk_id IS NULL AND person.standing NOT IN ('DELETING', 'DELETED')
      AND (person.legacy_credits, person.email_index, person.first_name, person.last_name)
        IS DISTINCT FROM (excluded.legacy_credits, excluded.email_index, excluded.first_name, excluded.last_name)
    RETURNING legacy_id AS "legacyId", xmax = 0 AS created`
}
