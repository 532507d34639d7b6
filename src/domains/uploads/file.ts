import type { Upload } from '../../generated/prisma/client.ts'
import { contentDispositionOf } from './content-disposition.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'

/** All bytes of an upload's file; null if it does not exist. Only for kinds of bounded size. Ends with the signal. */
export function readFile(
  bucket: Bucket,
  upload: Pick<Upload, 'id' | 'userId'>,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  return bucket.read(objectKey(upload), signal)
}

/** The bytes of an upload's file of any size; null if it does not exist. The caller must read them. */
export function openFile(
  bucket: Bucket,
  upload: Pick<Upload, 'id' | 'userId'>,
): Promise<AsyncIterable<Uint8Array> | null> {
  return bucket.readStream(objectKey(upload))
}

/** Writes a file of the server to the key and with the headers of the upload's own request. */
export function writeFile(bucket: Bucket, upload: Upload, body: Uint8Array): Promise<void> {
  const { contentType, filename } = upload
  return bucket.write({
    key: objectKey(upload),
    contentType,
    contentDisposition: contentDispositionOf(filename),
    body,
  })
}
