import type { HoldOwners } from '../domains/credits/index.ts'

/** Who knows what became of the work that credits are held for. Nothing holds credits yet. */
export const holdOwners: HoldOwners = {}
