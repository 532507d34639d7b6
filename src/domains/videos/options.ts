import type { VideoColours } from './ports.ts'

/** How the user wants a video, as stored. */
export interface VideoOptions {
  /** Null: the template's own. */
  readonly colours: VideoColours | null
  /** Of what is spoken, as a BCP 47 language tag; null where it is recognised. */
  readonly language: string | null
  readonly showsCaptions: boolean
}
