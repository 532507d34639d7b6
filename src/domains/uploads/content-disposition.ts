import { create } from 'content-disposition'

/** Has browsers save a download under the original name, in any script (RFC 6266, RFC 8187). */
export function contentDispositionOf(filename: string): string {
  return create(filename, { type: 'attachment' })
}
