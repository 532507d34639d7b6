const mebibyte = 1024 * 1024

/** Larger files are sent in parts, so that after a broken connection only one part is sent again. */
export const maxSingleRequestByteSize = 64 * mebibyte

/** S3 accepts no part below 5 MiB but the last. */
export const minPartByteSize = 8 * mebibyte
export const maxPartByteSize = 64 * mebibyte

/** S3 joins at most this many parts. */
const maxParts = 10_000

/** 625 GiB. */
export const maxUploadByteSize = maxParts * maxPartByteSize

/** A connection that breaks loses at most about this share of a file. */
const preferredParts = 32

/** The size of the equal parts of a file, in whole MiB; null for a file that is sent in one request. */
export function partByteSizeOf(byteSize: number): number | null {
  if (byteSize <= maxSingleRequestByteSize) return null
  const preferred = Math.ceil(byteSize / preferredParts / mebibyte) * mebibyte
  return Math.min(Math.max(preferred, minPartByteSize), maxPartByteSize)
}
