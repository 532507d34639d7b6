import { DomainError } from '../../platform/errors.ts'

/** The file cannot be read as a whole; the message tells the person why and what to do. */
export class UnreadableRecording extends DomainError {
  readonly code = 'UNREADABLE_RECORDING'
}

/** What a person is told whose file was tried often enough. */
export const unreadable = 'The file could not be read. Upload it again, or export it anew from your device or app.'
