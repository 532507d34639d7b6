import { fileTypeFromBuffer } from 'file-type'
import { defineUploadKind } from '../uploads/index.ts'

/** The accepted media types, each with the containers that file-type reports for it. */
const containersOf: Readonly<Record<string, readonly string[]>> = {
  'audio/mpeg': ['mp3'],
  'audio/wav': ['wav'],
  'audio/x-wav': ['wav'],
  'audio/mp4': ['m4a', 'mp4'],
  'audio/x-m4a': ['m4a', 'mp4'],
}

/** The audio that a video is rendered from. */
export const audioUploads = defineUploadKind({
  kind: 'AUDIO',
  description: 'An audio file: MP3, WAV or M4A, at most 512 MiB.',
  maxByteSize: 512 * 1024 * 1024,
  contentTypes: Object.keys(containersOf),
  defaultContentType: null,
  async recognise(firstBytes, contentType) {
    const type = await fileTypeFromBuffer(firstBytes)
    return type !== undefined && (containersOf[contentType] ?? []).includes(type.ext)
  },
})
