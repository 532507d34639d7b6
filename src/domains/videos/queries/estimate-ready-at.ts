import type { Video } from '../../../generated/prisma/client.ts'

const longestEstimateMs = 24 * 3_600_000

/**
 * When a video that is rendered is expected to be ready: at the rate of its progress since a worker took
 * it. Null where too little is known: before it is rendered, and below 5 percent.
 */
export function estimateReadyAt(
  { status, startedAt, progressPercent }: Pick<Video, 'status' | 'startedAt' | 'progressPercent'>,
  now: Date,
): Date | null {
  if (status !== 'RENDERING' || !startedAt || progressPercent < 5) return null
  const elapsedMs = now.getTime() - startedAt.getTime()
  const remainingMs = (elapsedMs * (100 - progressPercent)) / progressPercent
  return remainingMs > 0 && remainingMs < longestEstimateMs ? new Date(now.getTime() + remainingMs) : null
}
