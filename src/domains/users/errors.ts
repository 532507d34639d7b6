import { DomainError } from '../../platform/errors.ts'

/** A token that does not let anybody in. No more is said than whether it has expired. */
export class Unauthenticated extends DomainError {
  readonly code = 'UNAUTHENTICATED'

  constructor(reason: 'expired' | 'invalid') {
    super(
      reason === 'expired'
        ? 'The session token has expired. Fetch a fresh one and try again.'
        : 'The session token is invalid. Sign in again.',
    )
  }
}
