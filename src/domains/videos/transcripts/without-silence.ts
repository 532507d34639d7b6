import type { TimeRange, Transcript } from '../ports.ts'

/** Speech starts and ends within a segment, so a spoken segment is never mostly silent. */
const silentShare = 0.8

/**
 * Drops the segments of which at least 80 % are silent: models invent sentences there, such as thanks to viewers.
 *
 * @param silences in order, without overlap
 */
export function withoutSilence(transcript: Transcript, silences: readonly TimeRange[]): Transcript {
  const segments = transcript.segments.filter((segment) => {
    const silent = silences.reduce((sum, silence) => sum + overlapSeconds(segment, silence), 0)
    const seconds = segment.endSeconds - segment.startSeconds
    return seconds > 0 ? silent < seconds * silentShare : !silences.some((silence) => contains(silence, segment))
  })
  return { ...transcript, segments }
}

function overlapSeconds(one: TimeRange, other: TimeRange): number {
  const end = Math.min(one.endSeconds, other.endSeconds)
  return Math.max(end - Math.max(one.startSeconds, other.startSeconds), 0)
}

function contains(outer: TimeRange, inner: TimeRange): boolean {
  return outer.startSeconds <= inner.startSeconds && inner.endSeconds <= outer.endSeconds
}
