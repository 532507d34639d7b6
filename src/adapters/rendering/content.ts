import type { RenderRequest } from '../../domains/videos/ports.ts'
import { cleanText } from './break-lines.ts'
import { createPalette, createPaletteOverPicture } from './colours.ts'
import { createCues } from './cues.ts'
import { framesIn, sizeOf } from './geometry.ts'
import { createSceneFrames } from './scene-frames.ts'
import type { Template, VideoContent } from './templates/template.ts'

/** What the request shows, in frames and cleaned texts. */
export function createContent(request: Omit<RenderRequest, 'folder' | 'audioFile'>, template: Template): VideoContent {
  const { durationSeconds } = request.audio
  const frames = framesIn(durationSeconds)
  const colours = request.colours ?? template.colours
  const hasCaptions = request.transcript !== null && request.showsCaptions
  return {
    title: cleanText(request.title),
    size: sizeOf(request.format),
    colours,
    palette: request.backgroundFile === null ? createPalette(colours) : createPaletteOverPicture(colours),
    frames,
    cues: hasCaptions ? createCues(request.transcript, { ...template.cues, durationSeconds }) : [],
    backgroundFile: request.backgroundFile,
    scenes: createSceneFrames(request.scenes, frames).map(({ attribution, ...scene }) => ({
      ...scene,
      attribution: attribution && { ...attribution, photographer: cleanText(attribution.photographer) },
    })),
  }
}
