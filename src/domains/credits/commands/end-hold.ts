import { CaptureTooLarge, HoldEnded, NotInLedger } from '../errors.ts'
import { creditMessages } from '../messages.ts'
import type { LedgerErrors } from './post.ts'

/** A hold to end. */
export interface HoldEnding {
  readonly reference: string
  /** The description that the user sees. Fixed: text of or about the user belongs into `personalText`. */
  readonly description: string
  /** What the user sees instead of the description. Erased with the user. */
  readonly personalText?: string
  readonly now: Date
}

/** The errors of ending a hold, by the SQL function's code. */
export const errorsOfHold = (reference: string): LedgerErrors => ({
  PC003: () => new NotInLedger(creditMessages.noHold({ reference })),
  PC004: (state) => new HoldEnded(reference, state),
  PC005: (held) => new CaptureTooLarge(reference, Number(held)),
})
