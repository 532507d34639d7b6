import type { VideoStep } from '../../../generated/prisma/enums.ts'

/** Where each step begins, in percent of the whole. Rendering takes most of the time. */
const startOf: Readonly<Record<VideoStep, number>> = {
  PROBING: 0,
  TRANSCRIBING: 2,
  PLANNING: 12,
  FETCHING_MEDIA: 15,
  RENDERING: 20,
  STORING: 95,
}

/** The progress of the whole, in percent, when this fraction of a step is done. */
export function shareOf(step: VideoStep, fraction: number): number {
  const start = startOf[step]
  const next = Object.values(startOf).find((other) => other > start) ?? 99
  return Math.floor(start + (next - start) * Math.min(1, Math.max(0, fraction)))
}
