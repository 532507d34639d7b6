import type { UploadKind } from '../../generated/prisma/enums.ts'

const mebibyte = 1024 * 1024

/** Above this a file goes up in equal parts of this size, so that a broken connection costs one part. */
export const partByteSize = 64 * mebibyte

export interface KindRules {
  readonly maxByteSize: number
  readonly contentTypes: readonly string[]
  /** What a file without a useful type is stored as; null where a type must be named. */
  readonly defaultContentType: string | null
}

export const kinds: Record<UploadKind, KindRules> = {
  ACTIVITY: {
    maxByteSize: 32 * mebibyte,
    contentTypes: [
      'application/octet-stream',
      'application/vnd.ant.fit',
      'application/fit',
      'application/x-fit',
      'application/gpx+xml',
      'application/vnd.garmin.tcx+xml',
      'application/tcx+xml',
      'application/xml',
      'text/xml',
    ],
    defaultContentType: 'application/octet-stream',
  },
  AUDIO: {
    maxByteSize: 512 * mebibyte,
    contentTypes: ['audio/mpeg', 'audio/wav', 'audio/x-wav', 'audio/mp4', 'audio/x-m4a'],
    defaultContentType: null,
  },
}
