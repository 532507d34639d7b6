import type { StreamOutcome } from '../../generated/prisma/enums.ts'

export type { StreamOutcome }

/** A stream of a user. The id is the caller's, for example that of the row whose text is written. */
export interface StreamKey {
  readonly userId: string
  readonly id: string
}

/** What a reader receives. */
export interface StreamItem {
  /** Where the text of this item ends; resume after it. */
  readonly sequence: number
  /** Everything that was written since the position of the reader. */
  readonly text: string
  /** The reader must discard what it has: `text` is then the whole text so far. */
  readonly isReset: boolean
  /** Null while the stream is open. The item with an outcome is the last one. */
  readonly outcome: StreamOutcome | null
}

/**
 * Of a chunk, and of a stream's present attempt, in bytes of UTF-8. A model's answer has 2 to 20 KB; a writer that appends
 * ten times a second writes 20,000 chunks in half an hour.
 */
export const mostChunkBytes = 16 * 1_024
export const mostStreamBytes = 1_024 * 1_024
export const mostChunks = 20_000

/** A stream that is open for longer is ended as ABANDONED; an ended one is deleted so long after its end. */
export const longestOpenHours = 24
export const keptDays = 7

/** The topic of the notifications that a stream has changed. */
export const streamTopic = ({ id }: Pick<StreamKey, 'id'>): string => `stream:${id}`
