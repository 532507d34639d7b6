import { DomainError } from '../../platform/errors.ts'
import type { Message } from '../../platform/messages/message.ts'

/** The channel cannot be used for this user: the message says which setting is missing, or what the user has to do. */
export class ChannelUnavailable extends DomainError {
  readonly code = 'CHANNEL_UNAVAILABLE'

  constructor(reason: Message) {
    super(reason)
  }
}
