import { fileTypeFromBuffer } from 'file-type'
import { defineUploadKind } from '../uploads/index.ts'

/** Stored where the client does not know the type. */
const anyType = 'application/octet-stream'

/** The stored media types, each with the containers that file-type reports for it. */
const containersOf: Readonly<Record<string, readonly string[]>> = {
  'audio/mpeg': ['mp3'],
  'audio/wav': ['wav'],
  'audio/mp4': ['m4a', 'mp4'],
  [anyType]: ['mp3', 'wav', 'm4a', 'mp4'],
}

const otherContentTypes: Readonly<Record<string, string>> = {
  'audio/mp3': 'audio/mpeg',
  'audio/x-mp3': 'audio/mpeg',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-wav': 'audio/wav',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
}

/** The audio that a video is rendered from. */
export const audioUploads = defineUploadKind({
  kind: 'AUDIO',
  description:
    'An audio file that a video is rendered from: MP3, WAV or M4A, at most 512 MiB. It is removed after 30 days if no video uses it.',
  maxByteSize: 512 * 1024 * 1024,
  contentTypes: Object.keys(containersOf),
  otherContentTypes,
  defaultContentType: anyType,
  async recognise(firstBytes, contentType) {
    const type = await fileTypeFromBuffer(firstBytes)
    // Uploads that an earlier version of the program created are stored with one of the other types.
    const containers = containersOf[otherContentTypes[contentType] ?? contentType] ?? []
    return type !== undefined && containers.includes(type.ext)
  },
})
