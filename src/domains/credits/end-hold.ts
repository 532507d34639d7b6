import { CaptureTooLarge, HoldEnded, NotInLedger } from './errors.ts'
import type { Refusals } from './post.ts'

/** How a hold ends: what it was for, and what the person reads of it. */
export interface HoldEnding {
  readonly reference: string
  readonly description: string
  readonly now: Date
}

/** Why the ledger may not let it end so. */
export const refusalsOf = (reference: string): Refusals => ({
  PC003: () => new NotInLedger(`No credits are held for ${reference}.`),
  PC004: (state) => new HoldEnded(reference, state),
  PC005: (held) => new CaptureTooLarge(reference, Number(held)),
})
