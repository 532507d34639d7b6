import { writeFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { serialize } from 'node:v8'
import { type Recording, UnreadableRecording } from '../../domains/activities/ports.ts'
import type { Message } from '../../platform/messages/message.ts'
import { packTrack } from './packed-track.ts'
import { readRecording } from './read-recording.ts'

/** What the child writes. An error would lose its class between processes, so only its text is passed. */
export type ChildOutput =
  | { readonly recording: Omit<Recording, 'track'>; readonly packedTrack: Float64Array }
  | { readonly unreadable: Message }

function readFile(bytes: Uint8Array): ChildOutput {
  try {
    const { track, ...recording } = readRecording(bytes)
    return { recording, packedTrack: packTrack(track) }
  } catch (error) {
    if (error instanceof UnreadableRecording) return { unreadable: error.text }
    throw error
  }
}

/** Where memory runs out, the kernel ends this process and not the server. Only Linux has the file. */
function preferToBeKilled(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // It is a preference.
  }
}

// A program: recording-reader.ts runs it for one file, which it reads from stdin, and reads the result from its stdout.
preferToBeKilled()
process.stdout.write(serialize(readFile(await buffer(process.stdin))))
