import type { TimeRange } from '../../domains/videos/ports.ts'

/** What ffmpeg's filters silencedetect and volumedetect print, and how far it decoded. */
export interface DecodedAudio {
  readonly durationSeconds: number
  readonly silences: readonly TimeRange[]
  /** dB; null where nothing was decoded. */
  readonly loudest: number | null
}

/** Collects from the lines of ffmpeg, as they come: of its stderr, and of `-progress pipe:1` on its stdout. */
export function readDecoding(): { onLine(line: string): void; result(): DecodedAudio } {
  const silences: TimeRange[] = []
  let silentSince: number | null = null
  let loudest: number | null = null
  let decodedSeconds = 0
  return {
    onLine(line) {
      const start = /silence_start: (-?[\d.e+-]+)/.exec(line)
      if (start) silentSince = Math.max(0, Number(start[1]))
      const end = /silence_end: ([\d.e+-]+)/.exec(line)
      if (end && silentSince !== null) {
        silences.push({ startSeconds: silentSince, endSeconds: Number(end[1]) })
        silentSince = null
      }
      const volume = /max_volume: (-?[\d.]+|-inf) dB/.exec(line)
      if (volume) loudest = volume[1] === '-inf' ? Number.NEGATIVE_INFINITY : Number(volume[1])
      // In microseconds, in spite of its name.
      const progress = /^out_time_ms=(\d+)$/.exec(line)
      if (progress) decodedSeconds = Number(progress[1]) / 1_000_000
    },
    result() {
      const open = silentSince === null ? [] : [{ startSeconds: silentSince, endSeconds: decodedSeconds }]
      return { durationSeconds: decodedSeconds, silences: [...silences, ...open], loudest }
    },
  }
}
