import { openAsBlob } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileTypeFromBuffer } from 'file-type'
import { parseBlob } from 'music-metadata'
import type { AudioContainer } from '../../domains/videos/ports.ts'

/** What the child writes, as JSON. */
export interface AudioMetadata {
  /** By the first bytes; null where they are of another file. */
  readonly container: AudioContainer | null
  /** What the file says; null where it does not. */
  readonly durationSeconds: number | null
  readonly isDamaged: boolean
}

/** The kinds of file-type, and the parser of music-metadata for each. A name of the file chooses neither. */
const kinds: Readonly<Record<string, { readonly container: AudioContainer; readonly type: string }>> = {
  mp3: { container: 'mp3', type: 'audio/mpeg' },
  wav: { container: 'wav', type: 'audio/wav' },
  m4a: { container: 'mov', type: 'audio/mp4' },
  mp4: { container: 'mov', type: 'audio/mp4' },
}
/** What file-type needs at most. */
const firstBytes = 64 * 1024

async function readMetadata(path: string): Promise<AudioMetadata> {
  const kind = kinds[(await fileTypeFromBuffer(await readStart(path)))?.ext ?? '']
  if (!kind) return { container: null, durationSeconds: null, isDamaged: false }
  try {
    const { format } = await parseBlob(await openAsBlob(path, { type: kind.type }), {
      duration: true,
      skipCovers: true,
      skipPostHeaders: true,
    })
    const seconds = format.duration
    const isKnown = seconds !== undefined && Number.isFinite(seconds) && seconds > 0
    return { container: kind.container, durationSeconds: isKnown ? seconds : null, isDamaged: false }
  } catch {
    // Every error of a parser means that the file is damaged.
    return { container: kind.container, durationSeconds: null, isDamaged: true }
  }
}

async function readStart(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(firstBytes), 0, firstBytes, 0)
  return buffer.subarray(0, bytesRead)
}

// A program: probe-audio.ts runs it for one file.
process.stdout.write(JSON.stringify(await readMetadata(process.argv[2] ?? '')))
