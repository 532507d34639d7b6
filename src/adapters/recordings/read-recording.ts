import type { Recording } from '../../domains/activities/ports.ts'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { readFit } from './fit.ts'
import { looksLikeFit } from './fit-file.ts'
import { readGpx } from './gpx.ts'
import { readTcx } from './tcx.ts'
import { rootOfXml, textOfXml } from './xml.ts'

/**
 * Reads a FIT, GPX or TCX file. The format is detected by the content, since file names and media types of uploads are
 * often wrong. Blocks for seconds on large files: call it through the RecordingReader. Throws only UnreadableRecording.
 */
export function readRecording(bytes: Uint8Array): Recording {
  try {
    return readByContent(bytes)
  } catch (cause) {
    if (cause instanceof UnreadableRecording) throw cause
    // Every error of a parser means that the file is unreadable.
    const unreadable = new UnreadableRecording(recordingMessages.damaged())
    throw Object.assign(unreadable, { cause })
  }
}

function readByContent(bytes: Uint8Array): Recording {
  if (bytes.length === 0) throw new UnreadableRecording(recordingMessages.empty())
  if (looksLikeFit(bytes)) return readFit(bytes)
  if (isCompressed(bytes)) {
    throw new UnreadableRecording(recordingMessages.compressed())
  }
  const root = rootOfXml(bytes)
  if (root === 'gpx') return readGpx(textOfXml(bytes))
  if (root === 'TrainingCenterDatabase') return readTcx(textOfXml(bytes))
  throw new UnreadableRecording(recordingMessages.otherFormat())
}

/** Garmin and Strava export original files as .zip and .fit.gz. */
function isCompressed([first, second]: Uint8Array): boolean {
  return (first === 0x50 && second === 0x4b) || (first === 0x1f && second === 0x8b)
}
