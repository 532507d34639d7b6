export { VendorRefused } from '../../platform/vendors/vendor-refused.ts'

/** Lowest first: a probe finds the first that applies. */
export type UnreadableAudioReason = 'EMPTY' | 'NOT_AUDIO' | 'DAMAGED' | 'TOO_LONG' | 'SILENT'

/** The audio file cannot become a video. The domain translates the reason to a message for the user. */
export class UnreadableAudio extends Error {
  readonly reason: UnreadableAudioReason

  constructor(reason: UnreadableAudioReason, options?: ErrorOptions) {
    super(`The audio file cannot be used: ${reason}.`, options)
    this.name = 'UnreadableAudio'
    this.reason = reason
  }
}

export type UnreadablePictureReason = 'NOT_A_PICTURE' | 'TOO_LARGE' | 'DAMAGED'

/** The background picture cannot be drawn. The domain translates the reason to a message for the user. */
export class UnreadablePicture extends Error {
  readonly reason: UnreadablePictureReason

  constructor(reason: UnreadablePictureReason, options?: ErrorOptions) {
    super(`The picture cannot be used: ${reason}.`, options)
    this.name = 'UnreadablePicture'
    this.reason = reason
  }
}

/** Of ffmpeg; a file is opened with this demuxer only. */
export type AudioContainer = 'mp3' | 'wav' | 'mov'

export interface AudioProbe {
  readonly container: AudioContainer
  readonly durationSeconds: number
  /** From start to end, in order. Quieter than −45 dB for at least 0.8 s. */
  readonly silences: readonly TimeRange[]
}

/** Seconds from the start of the audio. */
export interface TimeRange {
  readonly startSeconds: number
  readonly endSeconds: number
}

export interface TranscriptWord extends TimeRange {
  readonly text: string
}

export interface TranscriptSegment extends TimeRange {
  readonly text: string
  /** Empty where no times of single words are known; the template then emphasises none. */
  readonly words: readonly TranscriptWord[]
}

export interface Transcript {
  /** A BCP 47 language tag; null where it is not known. */
  readonly language: string | null
  readonly segments: readonly TranscriptSegment[]
}

export interface RunOptions {
  readonly signal: AbortSignal
}

/** Works on audio files on disk, with child processes. */
export interface AudioTools {
  /** Throws UnreadableAudio. */
  probe(file: string, options: RunOptions & { readonly maxDurationSeconds: number }): Promise<AudioProbe>
  /** Writes mono Opus of 32 kbit/s in an Ogg container: an hour is 14 MB. */
  convertForTranscription(
    file: string,
    to: { readonly container: AudioContainer; readonly output: string },
    options: RunOptions,
  ): Promise<void>
}

export interface Transcriber {
  /**
   * Sends an Ogg Opus file. Throws ProviderUnavailable after its retries (429, 5xx, timeout, connection), VendorRefused for
   * other responses, and the signal's reason.
   */
  transcribe(file: string, options: RunOptions & { readonly language: string | null }): Promise<Transcript>
}

/** What a scene shows. */
export interface ScenePlan extends TimeRange {
  /** In English, for the search of pictures. */
  readonly keywords: string
}

export interface VideoPlan {
  readonly title: string | null
  readonly scenes: readonly ScenePlan[]
}

export interface Planner {
  /** Throws like Transcriber; VendorRefused where the model's second answer does not fit the schema either. */
  plan(
    input: { readonly title: string; readonly transcript: Transcript; readonly durationSeconds: number },
    options: RunOptions,
  ): Promise<VideoPlan>
}

export interface Attribution {
  readonly photographer: string
  readonly photographerUrl: string
  /** The page of the picture at the vendor. */
  readonly sourceUrl: string
  /** 'Pexels'. */
  readonly source: string
}

export interface FoundPicture extends Attribution {
  readonly id: string
  /** Of a JPEG, large enough for 1920 pixels. */
  readonly downloadUrl: string
  readonly width: number
  readonly height: number
}

export type PictureOrientation = 'portrait' | 'square' | 'landscape'

export interface PictureQuery {
  readonly keywords: string
  readonly orientation: PictureOrientation
}

export interface PictureSearch {
  /**
   * The best pictures for the keywords, at most `count` (of 80), best first. Throws like Transcriber.
   *
   * `countRequest` is called before each request, of retries too: the vendor limits requests by hour and month, and does
   * not say how many are left in the hour. If it throws, no request is sent and the search ends with its error.
   */
  search(
    query: PictureQuery & { readonly count: number },
    options: RunOptions & { readonly countRequest: () => Promise<void> },
  ): Promise<readonly FoundPicture[]>
  /**
   * Writes the picture to a file; at most 20 MiB. The file exists only after a complete download. Downloads are not
   * limited. Throws like Transcriber; VendorRefused with 404 where the picture was removed.
   */
  download(picture: Pick<FoundPicture, 'downloadUrl'>, output: string, options: RunOptions): Promise<void>
}

export type VideoFormat = 'PORTRAIT_9_16' | 'SQUARE' | 'LANDSCAPE_16_9'

/** '#rrggbb'. */
export interface VideoColours {
  readonly background: string
  readonly text: string
  readonly accent: string
}

export interface Scene extends TimeRange {
  /** A JPEG, PNG or WebP file. */
  readonly pictureFile: string
  readonly attribution: Attribution | null
}

export interface RenderRequest {
  readonly templateKey: string
  readonly title: string
  readonly format: VideoFormat
  /** Null: the template's own. */
  readonly colours: VideoColours | null
  /** A JPEG, PNG or WebP file that a user uploaded: untrusted. */
  readonly backgroundFile: string | null
  readonly audioFile: string
  readonly audio: Pick<AudioProbe, 'container' | 'durationSeconds'>
  readonly transcript: Transcript | null
  readonly showsCaptions: boolean
  /** Empty unless the template needs pictures. */
  readonly scenes: readonly Scene[]
  /** An empty folder; the caller removes it. */
  readonly folder: string
}

/** Paths of files in the folder of the request. */
export interface RenderedFiles {
  /** MP4: H.264, AAC, fast start. */
  readonly video: string
  /** The same at 480 pixels of the shorter side. */
  readonly preview: string
  /** JPEG. */
  readonly poster: string
  readonly durationSeconds: number
  /** Of all child processes. */
  readonly cpuSeconds: number
}

export type TemplateNeed = 'transcript' | 'pictures'

/** What the domain knows of a template; the renderer has its drawing. */
export interface TemplateInfo {
  readonly key: string
  readonly needs: readonly TemplateNeed[]
  /** Filters of ffmpeg that not every build has. */
  readonly ffmpegFilters: readonly string[]
}

export interface VideoRenderer {
  readonly templates: readonly TemplateInfo[]
  /** Pixels. */
  sizeOf(format: VideoFormat): { readonly width: number; readonly height: number }
  /** The program and its version, and the filters that it lacks of those that templates use. Throws where there is none. */
  inspect(options: RunOptions): Promise<{ readonly version: string; readonly missingFilters: readonly string[] }>
  /** A still of the template with sample content, as JPEG, in an empty folder that the caller removes. */
  drawSample(templateKey: string, output: string, options: RunOptions): Promise<void>
  /**
   * `onProgress` gets a fraction of 0 to 1, as often as ffmpeg reports it. A scene whose picture cannot be drawn
   * shows the template's colours. Throws UnreadablePicture for the background picture, ChildFailed, and the signal's reason.
   */
  render(
    request: RenderRequest,
    options: RunOptions & { readonly onProgress: (fraction: number) => void },
  ): Promise<RenderedFiles>
}
