import { z } from 'zod'
import { defineBookmark } from '../../../platform/bookmarks.ts'

const schema = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('clerk'),
    /** Users created at or after this instant (ms) come next; null is the beginning. */
    from: z.number().nullable(),
    /** How many of that instant are skipped. */
    offset: z.number(),
    /** The Clerk ids of that instant that have been compared. */
    seen: z.array(z.string()),
    compared: z.number(),
  }),
  z.object({ phase: z.literal('rows'), afterId: z.uuid().nullable(), compared: z.number() }),
])

/** How far a reconciliation has come. */
export type Position = z.infer<typeof schema>

export const reconcileBookmark = defineBookmark<Position>({
  name: 'users reconcile',
  schema,
  lifetimeMs: 24 * 3_600_000,
})
