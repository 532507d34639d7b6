import type { Upload } from '../../generated/prisma/client.ts'
import { contentDispositionOf } from './content-disposition.ts'
import { objectKey } from './object-key.ts'
import type { Bucket } from './ports.ts'

/** All bytes of an upload's file; null when it is not there. Callers read kinds of bounded size only. */
export function readFile(bucket: Bucket, upload: Pick<Upload, 'id' | 'userId'>): Promise<Uint8Array | null> {
  return bucket.read(objectKey(upload))
}

/** Puts a file where the upload's own request would have put it, for bytes that the server itself has. */
export function writeFile(bucket: Bucket, upload: Upload, body: Uint8Array): Promise<void> {
  const { contentType, filename } = upload
  return bucket.write({
    key: objectKey(upload),
    contentType,
    contentDisposition: contentDispositionOf(filename),
    body,
  })
}
