import type { Upload } from '../../generated/prisma/client.ts'
import type { UploadRejection } from '../../generated/prisma/enums.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'
import type { UploadKindDefinition } from './upload-kinds.ts'

/** Large enough to find every signature: in some MP3s an ID3 tag with a picture precedes the first MPEG frame. */
const sniffedBytes = 64 * 1024

export type Verdict = 'absent' | 'fits' | UploadRejection

/** Compares an upload's object with the request. Reads the object's metadata and its first 64 KiB. */
export async function inspectObject(
  bucket: Bucket,
  upload: Upload,
  { recognise }: UploadKindDefinition,
): Promise<Verdict> {
  const key = objectKey(upload)
  const object = await bucket.head(key)
  if (!object) return 'absent'
  if (object.byteSize !== Number(upload.byteSize)) return 'SIZE_MISMATCH'
  if (object.contentType !== upload.contentType) return 'TYPE_MISMATCH'
  if (upload.contentMd5 !== null && object.etag !== hexOf(upload.contentMd5)) return 'CHECKSUM_MISMATCH'
  const start = await bucket.readStart(key, sniffedBytes)
  if (!start) return 'absent'
  return (await recognise(start, upload.contentType)) ? 'fits' : 'CONTENT_MISMATCH'
}

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')
