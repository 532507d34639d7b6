import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Upload } from '../../../generated/prisma/client.ts'
import { type Bucket, contentDispositionOf, openFile } from '../../uploads/index.ts'

/** Writes an upload's file to disk; false if it does not exist. */
export async function readToFile(
  bucket: Bucket,
  upload: Pick<Upload, 'id' | 'userId'>,
  file: string,
  signal: AbortSignal,
): Promise<boolean> {
  return writeToDisk(await openFile(bucket, upload), file, signal)
}

/** Writes an object of the bucket to disk; false if it does not exist. */
export async function readObjectToFile(
  bucket: Bucket,
  key: string,
  file: string,
  signal: AbortSignal,
): Promise<boolean> {
  return writeToDisk(await bucket.readStream(key), file, signal)
}

async function writeToDisk(chunks: AsyncIterable<Uint8Array> | null, file: string, signal: AbortSignal) {
  if (!chunks) return false
  await pipeline(chunks, createWriteStream(file), { signal })
  return true
}

interface WrittenFile {
  readonly key: string
  readonly file: string
  readonly contentType: string
  /** Under which a browser saves it. */
  readonly name: string
}

/** Writes a file to the bucket. Resolves to its size in bytes. */
export async function writeFromFile(
  bucket: Bucket,
  { key, file, contentType, name }: WrittenFile,
  signal: AbortSignal,
): Promise<number> {
  const { size } = await stat(file)
  const chunks = createReadStream(file, { signal })
  await bucket.writeStream({ key, contentType, contentDisposition: contentDispositionOf(name), chunks })
  return size
}
