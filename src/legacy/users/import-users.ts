import { findErasedAddresses } from '../../domains/credits/index.ts'
import { type Emails, findLegacyUsers, importLegacyUsers } from '../../domains/users/index.ts'
import type { Reader } from '../../platform/database/db.ts'
import type { LegacyLine, LegacyUser } from './read-users.ts'

export interface ImportPorts {
  readonly db: Reader
  readonly emails: Emails
  readonly clock: () => Date
}

export interface RefusedLine {
  readonly line: number
  readonly refusal: string
}

/** The result of up to 500 lines. */
export interface ImportStep {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  /** Users who are linked to Clerk, which owns their data now; they are not changed. */
  readonly linked: number
  readonly refused: readonly RefusedLine[]
}

const batchSize = 500

type Accepted = Extract<LegacyLine, { user: LegacyUser }>

/**
 * Imports users of an older system as rows that are not linked to a Clerk user yet. The unique legacy_id makes it
 * idempotent: a second import updates users who are not linked, and a killed run is run again.
 *
 * All ids are kept in memory to refuse a second line with the same id: 60 MB for a million users.
 */
export async function* importUsers(ports: ImportPorts, lines: AsyncIterable<LegacyLine>): AsyncGenerator<ImportStep> {
  const seen = new Set<string>()
  let accepted: Accepted[] = []
  let refused: RefusedLine[] = []
  for await (const line of lines) {
    if ('refusal' in line) refused.push(line)
    else if (seen.has(line.user.legacyId)) {
      refused.push({ line: line.line, refusal: 'an earlier line has the same legacy id' })
    } else {
      seen.add(line.user.legacyId)
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
  const written = await importLegacyUsers(ports.db, ports.emails, {
    users: wanted.map(({ user }) => user),
    now: ports.clock(),
  })
  const touched = new Set(written.map(({ legacyId }) => legacyId))
  const left = wanted.filter(({ user }) => !touched.has(user.legacyId))
  const legacyIds = left.map(({ user }) => user.legacyId)
  const rows = await findLegacyUsers(ports.db, legacyIds)
  const rowOf = new Map(rows.map((row) => [row.legacyId, row]))
  const leaving = left.filter(({ user }) => rowOf.get(user.legacyId)?.standing === 'DELETING')
  const linked = left.filter((line) => !leaving.includes(line) && rowOf.get(line.user.legacyId)?.clerkId)
  const created = written.filter((row) => row.created).length
  return {
    created,
    updated: written.length - created,
    unchanged: left.length - leaving.length - linked.length,
    linked: linked.length,
    refused: [
      ...refused,
      ...[...erased].map(({ line }) => ({ line, refusal: 'a user with this e-mail address was erased' })),
      ...leaving.map(({ line }) => ({ line, refusal: 'the user is being deleted' })),
    ].sort((one, other) => one.line - other.line),
  }
}

/** The lines of erased users, who must not be imported again from a file that still has them. */
async function erasedAmong({ db, emails, clock }: ImportPorts, lines: readonly Accepted[]): Promise<Set<Accepted>> {
  const hashOf = new Map(
    lines.flatMap((line) => {
      const { email } = line.user
      return email === null ? [] : [[line, emails.erasedHashOf(email)] as const]
    }),
  )
  const hashes = await findErasedAddresses(db, [...hashOf.values()], clock())
  return new Set(lines.filter((line) => hashes.has(hashOf.get(line) ?? '')))
}
