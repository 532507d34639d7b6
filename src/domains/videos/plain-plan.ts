import type { Transcript, VideoPlan } from './ports.ts'

const mostScenes = 20
const shortestSeconds = 6

/** Scenes without a language model: equal parts of the audio, all with pictures that fit the title. */
export function plainPlan({
  title,
  durationSeconds,
}: {
  readonly title: string
  readonly transcript: Transcript
  readonly durationSeconds: number
}): VideoPlan {
  const count = Math.max(1, Math.min(mostScenes, Math.floor(durationSeconds / shortestSeconds)))
  const length = durationSeconds / count
  const keywords = title.slice(0, 60)
  const scenes = Array.from({ length: count }, (_, index) => ({
    startSeconds: index * length,
    endSeconds: (index + 1) * length,
    keywords,
  }))
  return { title: null, scenes }
}
