import { DomainError } from '../../platform/errors.ts'

/** The session token is not accepted. The message reveals only whether it has expired. */
export class Unauthenticated extends DomainError {
  readonly code = 'UNAUTHENTICATED'

  constructor(reason: 'expired' | 'invalid') {
    super(
      reason === 'expired'
        ? 'The session token has expired. Get a new token and try again.'
        : 'The session token is invalid. Sign in again.',
    )
  }
}
