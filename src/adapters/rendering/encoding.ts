import { previewSizeOf, type Size } from './geometry.ts'

/** Of BT.709, as the filters convert to it. */
const colours = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']

/** A bound for pictures that are hard to encode; most need a tenth of it. */
const fullRate = ['-maxrate', '10M', '-bufsize', '20M']
const previewRate = ['-maxrate', '2M', '-bufsize', '4M']

/**
 * Two threads that share each frame, and five frames in advance. As x264 does it by default, each thread has frames of its
 * own, and ten are read in advance: 440 MB instead of 316 for 1080 × 1920 on two cores, and more on more cores.
 */
const threads = ['-threads', '2', '-x264-params', 'sliced-threads=1:sync-lookahead=0:rc-lookahead=5']

function videoCodec(crf: number, rate: readonly string[]): string[] {
  const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), ...rate, ...threads]
  // A key frame at least each 5 s, so that players can seek.
  return [...x264, '-pix_fmt', 'yuv420p', '-profile:v', 'high', '-g', '150', ...colours]
}

const container = ['-map_metadata', '-1', '-movflags', '+faststart', '-f', 'mp4']

/** The full video and its preview, from one decoding: filters and outputs of one command. */
export interface Outputs {
  readonly filters: readonly string[]
  readonly args: readonly string[]
}

export interface OutputOptions {
  readonly size: Size
  /** The label of the video. */
  readonly video: string
  /** The stream of the audio; null where this is one part of several. */
  readonly audio: string | null
  readonly durationSeconds: number
  readonly full: string
  readonly preview: string
}

export function createOutputs({ size, video, audio, durationSeconds, full, preview }: OutputOptions): Outputs {
  const { width, height } = previewSizeOf(size)
  const until = ['-t', durationSeconds.toFixed(6)]
  const sound = (label: string, bitrate: string) =>
    audio === null ? ['-an'] : ['-map', `[${label}]`, '-c:a', 'aac', '-b:a', bitrate, '-ac', '2']
  return {
    filters: [
      `[${video}]split=2[full][half]`,
      `[half]scale=${width}:${height}:flags=bicubic[preview]`,
      ...(audio === null ? [] : [`[${audio}]${loudness},asplit=2[sound][previewsound]`]),
    ],
    args: [
      ...['-map', '[full]', ...sound('sound', '160k'), ...videoCodec(23, fullRate), ...until, ...container, full],
      ...['-map', '[preview]', ...sound('previewsound', '96k'), ...videoCodec(26, previewRate), ...until, ...container],
      preview,
    ],
  }
}

/** The loudness that platforms play at. The filter works at 192 kHz. */
const loudness = 'loudnorm=I=-16:TP=-1.5:LRA=11,aresample=48000'

/** Joins the parts without encoding them again, and adds the sound. */
export function joinArgs(options: {
  readonly audio: readonly string[]
  readonly fullParts: readonly string[]
  readonly previewParts: readonly string[]
  readonly durationSeconds: number
  readonly full: string
  readonly preview: string
}): string[] {
  const until = ['-t', options.durationSeconds.toFixed(6)]
  const one = (input: number, label: string, bitrate: string, file: string) => [
    ...['-map', `${input}:v:0`, '-c:v', 'copy', '-map', `[${label}]`, '-c:a', 'aac', '-b:a', bitrate, '-ac', '2'],
    ...[...until, ...container, file],
  ]
  return [
    ...options.audio,
    ...options.fullParts,
    ...options.previewParts,
    ...['-filter_complex', `[0:a:0]${loudness},asplit=2[sound][previewsound]`],
    ...one(1, 'sound', '160k', options.full),
    ...one(2, 'previewsound', '96k', options.preview),
  ]
}

/** One picture as JPEG. */
export function pictureArgs(file: string): string[] {
  return ['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2', '-update', '1', file]
}
