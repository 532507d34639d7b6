import type { Recording } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { packTrack } from './packed-track.ts'
import { readRecording } from './read-recording.ts'

/** What a thread answers. An error as such would lose its class on the way: only the sentence travels. */
export type Answer =
  | { readonly recording: Omit<Recording, 'track'>; readonly packedTrack: Float64Array }
  | { readonly unreadable: string }

/** Runs in a worker thread, by its name: see recording-reader.ts. */
export function readInThread(bytes: Uint8Array): Answer {
  try {
    const { track, ...recording } = readRecording(bytes)
    return { recording, packedTrack: packTrack(track) }
  } catch (error) {
    if (error instanceof UnreadableRecording) return { unreadable: error.message }
    throw error
  }
}
