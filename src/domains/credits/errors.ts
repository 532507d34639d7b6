import { DomainError } from '../../platform/errors.ts'
import { creditMessages } from './messages.ts'

/** The balance is too low. */
export class InsufficientCredits extends DomainError {
  readonly code = 'INSUFFICIENT_CREDITS'
  readonly required: number
  readonly available: number

  constructor(required: number, available: number) {
    super(creditMessages.insufficient({ required, available }))
    this.required = required
    this.available = available
  }
}

/** The hold was already captured or released. */
export class HoldEnded extends DomainError {
  readonly code = 'HOLD_ENDED'

  constructor(reference: string, state: string) {
    super(creditMessages.holdEnded({ reference, state: state.toLowerCase() }))
  }
}

/** The amount to capture exceeds the hold. */
export class CaptureTooLarge extends DomainError {
  readonly code = 'CAPTURE_TOO_LARGE'

  constructor(reference: string, held: number) {
    super(creditMessages.captureTooLarge({ reference, held }))
  }
}

/** The ledger does not contain the hold, spend or grant that a command refers to. */
export class NotInLedger extends DomainError {
  readonly code = 'NOT_IN_LEDGER'
}
