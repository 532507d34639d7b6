import type { Scene } from '../../domains/videos/ports.ts'
import { framesPerSecond } from './geometry.ts'
import type { Part, SceneFrames } from './templates/template.ts'

/** Of a cross-fade; even. */
export const fadeFrames = 18
/** A scene that would be visible for less than this is left out. */
const shortestFrames = 2 * fadeFrames
/** Of one ffmpeg command, beside the one that fades out: each needs memory of its own there. */
const scenesAtOnce = 4

/** The scenes without gaps from the first frame to the last, each with the halves of its cross-fades. */
export function createSceneFrames(scenes: readonly Scene[], frames: number): SceneFrames[] {
  const starts: { scene: Scene; start: number }[] = []
  for (const scene of [...scenes].sort((a, b) => a.startSeconds - b.startSeconds)) {
    const start = starts.length === 0 ? 0 : Math.round(scene.startSeconds * framesPerSecond)
    const before = starts.at(-1)?.start ?? Number.NEGATIVE_INFINITY
    if (start - before >= shortestFrames && start < Math.max(1, frames - shortestFrames)) starts.push({ scene, start })
  }
  return starts.map(({ scene, start }, at) => {
    const next = starts[at + 1]?.start
    return {
      pictureFile: scene.pictureFile,
      attribution: scene.attribution,
      startFrame: at === 0 ? 0 : start - fadeFrames / 2,
      endFrame: next === undefined ? frames : next + fadeFrames / 2,
    }
  })
}

/** Parts begin with the cross-fade to their first scene. */
export function partsOf(scenes: readonly SceneFrames[], frames: number): Part[] {
  const starts = scenes.filter((_, at) => at % scenesAtOnce === 0).map(({ startFrame }) => startFrame)
  return starts.map((startFrame, at) => ({ startFrame, endFrame: starts[at + 1] ?? frames }))
}
