import { fileTypeFromBuffer } from 'file-type'
import type { Upload } from '../../generated/prisma/client.ts'
import type { UploadKind, UploadRejection } from '../../generated/prisma/enums.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'

/** Enough for every signature: ID3 tags with a picture push the first MPEG frame of some MP3s beyond less. */
const sniffedBytes = 64 * 1024

export type Verdict = 'absent' | 'fits' | UploadRejection

/** What lies at an upload's place, compared with what was announced. Reads the head of the object and its first 64 KiB. */
export async function inspectObject(bucket: Bucket, upload: Upload): Promise<Verdict> {
  const key = objectKey(upload)
  const object = await bucket.head(key)
  if (!object) return 'absent'
  if (object.byteSize !== Number(upload.byteSize)) return 'SIZE_MISMATCH'
  if (object.contentType !== upload.contentType) return 'TYPE_MISMATCH'
  if (upload.contentMd5 !== null && object.etag !== hexOf(upload.contentMd5)) return 'CHECKSUM_MISMATCH'
  const start = await bucket.readStart(key, sniffedBytes)
  if (!start) return 'absent'
  return (await isOfKind[upload.kind](start, upload.contentType)) ? 'fits' : 'CONTENT_MISMATCH'
}

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')

const isOfKind: Record<UploadKind, (start: Uint8Array, contentType: string) => Promise<boolean>> = {
  ACTIVITY: async (start) => isRecording(start),
  AUDIO: async (start, contentType) => (soundTypes[contentType] ?? []).includes(await soundOf(start)),
}

/** Whether a file begins as FIT, GPX and TCX do; its first 8 KiB are enough. */
export function isRecording(start: Uint8Array): boolean {
  return isFit(start) || isXmlRecording(start)
}

/** A FIT file's header is 12 or 14 bytes long and holds '.FIT' from the ninth on. */
function isFit(start: Uint8Array): boolean {
  return (start[0] === 12 || start[0] === 14) && Buffer.from(start.subarray(8, 12)).toString('latin1') === '.FIT'
}

/** GPX and TCX are known by their root element, behind a declaration and comments. */
function isXmlRecording(start: Uint8Array): boolean {
  const encoding = start[0] === 0xff && start[1] === 0xfe ? 'utf-16le' : start[0] === 0xfe ? 'utf-16be' : 'utf-8'
  const text = new TextDecoder(encoding).decode(start.subarray(0, 8192))
  return /^\s*</.test(text) && /<(?:[\w.-]+:)?(?:gpx|TrainingCenterDatabase)[\s>]/.test(text)
}

/** The containers that belong to each announced type. */
const soundTypes: Readonly<Record<string, readonly string[]>> = {
  'audio/mpeg': ['mp3'],
  'audio/wav': ['wav'],
  'audio/x-wav': ['wav'],
  'audio/mp4': ['m4a', 'mp4'],
  'audio/x-m4a': ['m4a', 'mp4'],
}

async function soundOf(start: Uint8Array): Promise<string> {
  return (await fileTypeFromBuffer(start))?.ext ?? ''
}
