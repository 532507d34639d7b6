import { CaptureTooLarge, HoldEnded, NotInLedger } from '../errors.ts'
import type { LedgerErrors } from './post.ts'

/** A hold to end, and the description that the user sees. */
export interface HoldEnding {
  readonly reference: string
  readonly description: string
  readonly now: Date
}

/** The errors of ending a hold, by the SQL function's code. */
export const errorsOfHold = (reference: string): LedgerErrors => ({
  PC003: () => new NotInLedger(`No credits are held for ${reference}.`),
  PC004: (state) => new HoldEnded(reference, state),
  PC005: (held) => new CaptureTooLarge(reference, Number(held)),
})
