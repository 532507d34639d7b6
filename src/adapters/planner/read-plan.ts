import type { ScenePlan, VideoPlan } from '../../domains/videos/ports.ts'
import { storable } from '../../platform/database/storable.ts'
import { evenly, type ShownSegment } from './excerpt.ts'
import type { PlanAnswer } from './prompt.ts'

const maxScenes = 60
/** A shorter scene is over before its picture has faded in. */
const minSceneSeconds = 3
const maxKeywordsLength = 60
const maxTitleLength = 100
/** How long a scene lasts in a video that is not long. */
const usualSceneSeconds = 7

/** How many scenes a video of this duration needs. */
export function sceneCountFor(durationSeconds: number): number {
  return Math.max(1, Math.min(maxScenes, Math.round(durationSeconds / usualSceneSeconds)))
}

interface PlanInput {
  readonly shown: readonly ShownSegment[]
  readonly durationSeconds: number
}

/**
 * The plan of an answer. Removes scenes of segments that do not exist, without keywords, or too short; the others cover
 * the whole duration in order. Returns null if none is left.
 */
export function readPlan({ title, scenes }: PlanAnswer, { shown, durationSeconds }: PlanInput): VideoPlan | null {
  const startOf = new Map(shown.map(({ segment, startSeconds }) => [segment, startSeconds]))
  const wanted = scenes
    .flatMap((scene) => {
      const startSeconds = startOf.get(scene.segment)
      const keywords = cleanKeywords(scene.keywords)
      return startSeconds === undefined || keywords === '' ? [] : [{ startSeconds, keywords }]
    })
    .sort((one, other) => one.startSeconds - other.startSeconds)
  const kept: { startSeconds: number; keywords: string }[] = []
  for (const { startSeconds, keywords } of wanted) {
    const last = kept.at(-1)
    if (!last) kept.push({ startSeconds: 0, keywords })
    else if (startSeconds - last.startSeconds >= minSceneSeconds && startSeconds <= durationSeconds - minSceneSeconds)
      kept.push({ startSeconds, keywords })
  }
  if (kept.length === 0) return null
  const bounded = evenly(kept, maxScenes)
  return {
    title: storable(title.replace(/[\s\p{C}]+/gu, ' ').slice(0, maxTitleLength)),
    scenes: bounded.map(
      (scene, at): ScenePlan => ({ ...scene, endSeconds: bounded[at + 1]?.startSeconds ?? durationSeconds }),
    ),
  }
}

/** Letters, digits and single spaces; whole words up to the maximum length. */
function cleanKeywords(text: string): string {
  const words = text
    .slice(0, 1_000)
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  if (words.length <= maxKeywordsLength) return words
  const cut = words.slice(0, maxKeywordsLength + 1)
  return cut.slice(0, Math.max(cut.lastIndexOf(' '), 0)) || words.slice(0, maxKeywordsLength).toWellFormed()
}
