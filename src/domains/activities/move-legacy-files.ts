import type { Reader } from '../../platform/database/db.ts'
import { type LegacyFile, type MoveOutcome, type MovePorts, moveLegacyFile } from './move-legacy-file.ts'

export type { LegacyFile } from './move-legacy-file.ts'

export interface MovedFile {
  readonly file: LegacyFile
  readonly outcome: MoveOutcome
  /** Why, where it was not moved; else ''. */
  readonly reason: string
}

export interface MoveOptions {
  /** Looks at everything and writes nothing. */
  readonly dryRun: boolean
  /** How many files are moved at once. */
  readonly parallel: number
}

/** How many files are looked up in one question. */
const batchSize = 200

/**
 * Moves an older system's recordings into the bucket, a step for every `parallel` of them. The unique key on (person,
 * legacy id) makes it idempotent: a run that was stopped, by force too, is simply run again, and passes over what is
 * there. The recordings are read by the ordinary job.
 */
export async function* moveLegacyFiles(
  ports: MovePorts,
  files: AsyncIterable<LegacyFile>,
  options: MoveOptions,
): AsyncGenerator<readonly MovedFile[], void> {
  let batch: LegacyFile[] = []
  for await (const file of files) {
    batch.push(file)
    if (batch.length < batchSize) continue
    yield* moveBatch(ports, batch, options)
    batch = []
  }
  yield* moveBatch(ports, batch, options)
}

async function* moveBatch(
  ports: MovePorts,
  batch: readonly LegacyFile[],
  { dryRun, parallel }: MoveOptions,
): AsyncGenerator<readonly MovedFile[], void> {
  const users = await usersOf(ports.db.prisma, batch)
  for (let start = 0; start < batch.length; start += parallel) {
    const moves = batch.slice(start, start + parallel).map(async (file) => {
      const userId = users.get(file.legacyUserId)
      return { file, ...(await moveLegacyFile(ports, { file, userId, dryRun })) }
    })
    // Of a step that fails, too, nothing is still being moved once that is told.
    await Promise.allSettled(moves)
    yield await Promise.all(moves)
  }
}

/** Those who are here and not about to leave, by their id in the older system. */
async function usersOf(db: Reader, files: readonly LegacyFile[]): Promise<ReadonlyMap<string | null, string>> {
  const legacyIds = [...new Set(files.map(({ legacyUserId }) => legacyUserId))]
  const users = await db.user.findMany({
    where: { legacyId: { in: legacyIds }, isPresent: true },
    select: { id: true, legacyId: true },
  })
  return new Map(users.map(({ id, legacyId }) => [legacyId, id]))
}
