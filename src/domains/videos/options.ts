/** How the user wants a video, as stored. */
export type VideoOptions = {
  /** Null: the template's own. */
  readonly colours: { readonly background: string; readonly text: string; readonly accent: string } | null
  /** Of what is spoken, as a BCP 47 language tag; null where it is recognised. */
  readonly language: string | null
  readonly showsCaptions: boolean
}
