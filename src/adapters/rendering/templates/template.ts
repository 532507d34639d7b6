import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Attribution, TemplateInfo, VideoColours } from '../../../domains/videos/ports.ts'
import type { Palette } from '../colours.ts'
import type { Cue } from '../cues.ts'
import type { Rect, Size } from '../geometry.ts'
import type { Graph } from '../graph.ts'
import type { Still } from '../still.ts'

/** A picture with the frames in which it is visible, cross-fades included. */
export interface SceneFrames {
  readonly pictureFile: string
  readonly attribution: Attribution | null
  readonly startFrame: number
  readonly endFrame: number
}

/** What a video shows; plain data, which a child process gets as JSON. */
export interface VideoContent {
  readonly title: string
  readonly size: Size
  readonly colours: VideoColours
  readonly palette: Palette
  readonly frames: number
  readonly cues: readonly Cue[]
  readonly backgroundFile: string | null
  readonly scenes: readonly SceneFrames[]
}

/** All captions have the size of `area` and are one input of ffmpeg: a card for each cue, and an empty one. */
export interface CaptionCards {
  readonly area: Rect
  draw(context: SKRSContext2D, cue: Cue): void
}

/** Frames of the video that one ffmpeg command renders; start and end in frames of the whole video. */
export interface Part {
  readonly startFrame: number
  readonly endFrame: number
}

/** Streams that the renderer provides. */
export interface Streams {
  /** Of the area of the captions; null where there are none. */
  readonly captions: string | null
  /** The animated mask of `bars`; null where the template has none. */
  readonly bars: string | null
}

export interface TemplatePlan {
  readonly stills: readonly Still[]
  readonly captions: CaptionCards | null
  /** The area of the animated bars; null where the template has none. */
  readonly bars: Rect | null
  /** In order, without gaps. One part unless so many pictures at once would need too much memory. */
  readonly parts: readonly Part[]
  /** Adds the filters of a part; returns the label of the video. */
  compose(graph: Graph, part: Part, streams: Streams): string
}

/** One kind of video. Adding one: docs/recipes/add-a-video-template.md. */
export interface Template extends TemplateInfo {
  readonly colours: VideoColours
  /** How a transcript is divided: the columns of a page, and whether spoken words are emphasised. */
  readonly cues: { readonly columns: number; readonly hasEmphasis: boolean }
  /** Called in the worker and in the child process that draws: the result depends on the content alone. */
  plan(content: VideoContent): TemplatePlan
}

export function wholeOf({ frames }: VideoContent): readonly Part[] {
  return [{ startFrame: 0, endFrame: frames }]
}
