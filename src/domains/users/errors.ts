import { DomainError } from '../../platform/errors.ts'
import { userMessages } from './messages.ts'

/** The session token is not accepted. The message reveals only whether it has expired. */
export class Unauthenticated extends DomainError {
  readonly code = 'UNAUTHENTICATED'

  constructor(reason: 'expired' | 'invalid') {
    super(reason === 'expired' ? userMessages.tokenExpired() : userMessages.tokenInvalid())
  }
}
