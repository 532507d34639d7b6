import type { Transcript } from '../ports.ts'

/** Drops what starts after the end of the audio, and ends the rest with it. The result may have no segments. */
export function withinAudio(transcript: Transcript, durationSeconds: number): Transcript {
  const segments = transcript.segments
    .filter(({ startSeconds }) => startSeconds < durationSeconds)
    .map((segment) => {
      if (segment.endSeconds <= durationSeconds) return segment
      const words = segment.words
        .filter(({ startSeconds }) => startSeconds < durationSeconds)
        .map((word) => ({ ...word, endSeconds: Math.min(word.endSeconds, durationSeconds) }))
      return { ...segment, endSeconds: durationSeconds, words }
    })
  return { ...transcript, segments }
}
