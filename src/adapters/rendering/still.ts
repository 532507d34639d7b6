import type { Image, SKRSContext2D } from '@napi-rs/canvas'
import type { Size } from './geometry.ts'

/**
 * How a picture reaches ffmpeg. `card`: its pixels as they are, since to compress 1080 × 1920 as PNG takes 0.7 s of CPU.
 * `photo`: JPEG, since there may be hundreds. `transparent`: PNG.
 */
export type StillKind = 'card' | 'photo' | 'transparent'

/** A picture that is drawn once. */
export interface Still {
  readonly name: string
  readonly kind: StillKind
  readonly size: Size
  draw(context: SKRSContext2D, pictures: PictureLoader): Promise<void> | void
}

/** Decodes pictures in the child process. */
export interface PictureLoader {
  /** Throws UnreadablePicture. */
  load(file: string): Promise<Image>
}

/** The file of the folder. */
export function stillFile({ name, kind }: Pick<Still, 'name' | 'kind'>): string {
  return `${name}.${{ card: 'rgba', photo: 'jpg', transparent: 'png' }[kind]}`
}
