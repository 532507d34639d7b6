import { DomainError } from '../../platform/errors.ts'

/** The file cannot be read. The message tells the user why and what to do. */
export class UnreadableRecording extends DomainError {
  readonly code = 'UNREADABLE_RECORDING'
}
