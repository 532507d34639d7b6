import { DomainError } from '../../platform/errors.ts'

/** There are too few credits. */
export class InsufficientCredits extends DomainError {
  readonly code = 'INSUFFICIENT_CREDITS'
  readonly required: number
  readonly available: number

  constructor(required: number, available: number) {
    super(`This needs ${required} credits; you have ${available}.`)
    this.required = required
    this.available = available
  }
}

/** The hold was captured or released before; nothing more can be done with it. */
export class HoldEnded extends DomainError {
  readonly code = 'HOLD_ENDED'

  constructor(reference: string, state: string) {
    super(`The credits held for ${reference} were ${state.toLowerCase()} before.`)
  }
}

/** More was to be captured than is held. */
export class CaptureTooLarge extends DomainError {
  readonly code = 'CAPTURE_TOO_LARGE'

  constructor(reference: string, held: number) {
    super(`Only ${held} credits are held for ${reference}.`)
  }
}

/** What a command refers to (a hold, a spending, a grant) is not in the ledger. */
export class NotInLedger extends DomainError {
  readonly code = 'NOT_IN_LEDGER'
}
