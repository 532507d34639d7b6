import { findLegacyUsers } from '../../domains/users/index.ts'
import type { Reader } from '../../platform/database/db.ts'
import { type LegacyFile, type MoveOutcome, type MovePorts, moveLegacyFile } from './move-file.ts'

export interface MovedFile {
  readonly file: LegacyFile
  readonly outcome: MoveOutcome
  /** Why it was not moved; '' if it was. */
  readonly reason: string
}

export interface MoveOptions {
  /** Checks everything and writes nothing. */
  readonly dryRun: boolean
  /** The number of files moved at once. */
  readonly parallel: number
}

/** The number of files looked up in one query. */
const batchSize = 200

/**
 * Moves the recordings of an older system to the bucket. Each step has up to `parallel` files. The unique key on (user,
 * legacy id) makes it idempotent: after a stopped or killed run, a new run skips what was moved. The ordinary job reads
 * the recordings.
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
    // If one fails, wait for the others too, so that nothing is still being moved when the error is thrown.
    await Promise.allSettled(moves)
    yield await Promise.all(moves)
  }
}

/** The ids of present users by their legacy ids. */
async function usersOf(db: Reader, files: readonly LegacyFile[]): Promise<ReadonlyMap<string | null, string>> {
  const legacyIds = [...new Set(files.map(({ legacyUserId }) => legacyUserId))]
  const users = await findLegacyUsers(db, legacyIds)
  return new Map(users.filter(({ isPresent }) => isPresent).map(({ id, legacyId }) => [legacyId, id]))
}
