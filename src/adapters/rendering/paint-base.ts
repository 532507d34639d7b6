import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Rect } from './geometry.ts'
import { paintBackground, paintCover, paintScrim } from './paint.ts'
import type { PictureLoader } from './still.ts'
import type { VideoContent } from './templates/template.ts'

/** The user's picture under a scrim for text in these areas, or the colours where there is none. */
export async function paintBase(
  context: SKRSContext2D,
  { size, palette, backgroundFile }: VideoContent,
  pictures: PictureLoader,
  textAreas: readonly Rect[],
): Promise<void> {
  if (backgroundFile === null) return paintBackground(context, size, palette)
  paintCover(context, await pictures.load(backgroundFile), size)
  paintScrim(context, size, palette, textAreas)
}
