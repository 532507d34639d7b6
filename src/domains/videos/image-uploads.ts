import { fileTypeFromBuffer } from 'file-type'
import { defineUploadKind } from '../uploads/index.ts'

/** Stored where the client does not know the type. */
const anyType = 'application/octet-stream'

/** The stored media types, each with the formats that file-type reports for it. Animated PNG is another format there. */
const formatsOf: Readonly<Record<string, readonly string[]>> = {
  'image/jpeg': ['jpg'],
  'image/png': ['png'],
  'image/webp': ['webp'],
  [anyType]: ['jpg', 'png', 'webp'],
}

/** A picture for the background of a video. Only its first bytes are read here; it is decoded in a child process. */
export const imageUploads = defineUploadKind({
  kind: 'IMAGE',
  description: 'A picture for the background of a video: JPEG, PNG or WebP, at most 20 MiB.',
  maxByteSize: 20 * 1024 * 1024,
  contentTypes: Object.keys(formatsOf),
  otherContentTypes: {
    'image/jpg': 'image/jpeg',
    'image/pjpeg': 'image/jpeg',
    'image/x-png': 'image/png',
  },
  defaultContentType: anyType,
  async recognise(firstBytes, contentType) {
    const type = await fileTypeFromBuffer(firstBytes)
    return type !== undefined && (formatsOf[contentType] ?? []).includes(type.ext)
  },
})
