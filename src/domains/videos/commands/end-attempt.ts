import type { Video } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { capture, release } from '../../credits/index.ts'
import { decrementUsage, giveBack } from '../../usage/index.ts'
import type { VideosServices } from '../services.ts'
import { scheduleLateAttemptRemoval } from './remove-files.ts'
import { holdReference } from './start-attempt.ts'

type Attempt = Pick<Video, 'id' | 'userId' | 'attempt' | 'title' | 'creditCost' | 'reservedBytes' | 'consumedAt'>

/**
 * Gives back everything that an attempt without a result has taken: the credits, one of VIDEOS, the reserved bytes, and
 * later the files that a killed worker may have stored. Call it
 * in the transaction whose conditional statement ended the attempt.
 */
export async function undoAttempt(tx: Tx, attempt: Attempt, now: Date): Promise<void> {
  const { userId, title, creditCost, consumedAt, reservedBytes } = attempt
  const reference = holdReference(attempt)
  await scheduleLateAttemptRemoval(tx, attempt, now)
  if (creditCost > 0) await release(tx, { reference, description: 'Video', personalText: title, now })
  // In the order in which `consume` locks the counters.
  await decrementUsage(tx, { userId, meter: 'STORAGE_BYTES', amount: Number(reservedBytes) })
  await giveBack(tx, { userId, meter: 'VIDEOS', amount: 1, consumedAt })
}

/**
 * Spends the held credits of an attempt that has its result, and counts the bytes of its files in place of those that were
 * reserved and of those of an earlier attempt.
 */
export async function settleAttempt(
  tx: Tx,
  { usage }: Pick<VideosServices, 'usage'>,
  { attempt, storedBytes, previousBytes, now }: Settlement,
): Promise<void> {
  const { userId, title, creditCost, reservedBytes } = attempt
  const reference = holdReference(attempt)
  if (creditCost > 0) await capture(tx, { reference, description: 'Video', personalText: title, now })
  await countBytes(tx, usage, { userId, change: storedBytes - Number(reservedBytes) - previousBytes, now })
}

interface Settlement {
  readonly attempt: Attempt
  /** Of the files of this attempt. */
  readonly storedBytes: number
  /** Of the files of an earlier attempt, which are removed. */
  readonly previousBytes: number
  readonly now: Date
}

/** Files that exist are counted also above the limit of the plan. */
export async function countBytes(
  tx: Tx,
  usage: VideosServices['usage'],
  { userId, change, now }: { readonly userId: string; readonly change: number; readonly now: Date },
): Promise<void> {
  if (change > 0) await usage.record(tx, { userId, amounts: { STORAGE_BYTES: change }, now })
  else if (change < 0) await decrementUsage(tx, { userId, meter: 'STORAGE_BYTES', amount: -change })
}
