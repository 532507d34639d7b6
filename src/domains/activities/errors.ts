import { DomainError } from '../../platform/errors.ts'

/** The file cannot be read. The message tells the user why and what to do. */
export class UnreadableRecording extends DomainError {
  readonly code = 'UNREADABLE_RECORDING'
}

/** The failure that is shown when reading the file has twice ended the process that read it. */
export const endsItsReader =
  'This file cannot be read: reading it was ended twice before it had a result. Export it again from your device or app and upload it again.'

/** The failure that is shown when the last attempt to read the file has failed. */
export const unreadable = 'The file could not be read. Upload it again, or export it again from your device or app.'
