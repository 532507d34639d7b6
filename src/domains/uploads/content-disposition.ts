import { create } from 'content-disposition'

/** The Content-Disposition with which browsers save a file under its original name (RFC 6266, RFC 8187). */
export function contentDispositionOf(filename: string): string {
  return create(filename, { type: 'attachment' })
}
