import type { Recording } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { packTrack } from './packed-track.ts'
import { readRecording } from './read-recording.ts'

/** The result of a thread. An error would lose its class between threads, so only its message is passed. */
export type ThreadResult =
  | { readonly recording: Omit<Recording, 'track'>; readonly packedTrack: Float64Array }
  | { readonly unreadable: string }

/** Runs in a worker thread. recording-reader.ts refers to it by name. */
export function readInThread(bytes: Uint8Array): ThreadResult {
  try {
    const { track, ...recording } = readRecording(bytes)
    return { recording, packedTrack: packTrack(track) }
  } catch (error) {
    if (error instanceof UnreadableRecording) return { unreadable: error.message }
    throw error
  }
}
