import { DomainError } from '../../platform/errors.ts'

/** The file cannot be read as a whole; the message tells the person why and what to do. */
export class UnreadableRecording extends DomainError {
  readonly code = 'UNREADABLE_RECORDING'
}
