import { z } from 'zod'
import { defineBookmark } from '../../../platform/bookmarks.ts'

const schema = z.object({
  /** Files with greater ids are next; null: start with the first. */
  afterId: z.uuid().nullable(),
  checked: z.number(),
  /** The number of checked files that differ from their rows. */
  mismatches: z.number(),
})

/** The progress of a verification. */
export type VerifyPosition = z.infer<typeof schema>

export const verifyBookmark = defineBookmark<VerifyPosition>({
  name: 'storage verify',
  schema,
  lifetimeMs: 24 * 3_600_000,
})
