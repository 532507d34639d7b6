import { DomainError } from '../../platform/errors.ts'

/** The balance is too low. */
export class InsufficientCredits extends DomainError {
  readonly code = 'INSUFFICIENT_CREDITS'
  readonly required: number
  readonly available: number

  constructor(required: number, available: number) {
    super(`This requires ${required} credits, but you have only ${available}.`)
    this.required = required
    this.available = available
  }
}

/** The hold was already captured or released. */
export class HoldEnded extends DomainError {
  readonly code = 'HOLD_ENDED'

  constructor(reference: string, state: string) {
    super(`The credits held for ${reference} were already ${state.toLowerCase()}.`)
  }
}

/** The amount to capture exceeds the hold. */
export class CaptureTooLarge extends DomainError {
  readonly code = 'CAPTURE_TOO_LARGE'

  constructor(reference: string, held: number) {
    super(`Only ${held} credits are held for ${reference}.`)
  }
}

/** The ledger does not contain the hold, spend or grant that a command refers to. */
export class NotInLedger extends DomainError {
  readonly code = 'NOT_IN_LEDGER'
}
