import type { Activity } from '../../generated/prisma/client.ts'
import { english, formatMessage, type Localization } from '../../platform/messages/format-message.ts'
import { fromStored, type Message, type StoredMessage, toStored } from '../../platform/messages/message.ts'
import { recordingMessages } from './messages.ts'

/** The columns that store why a file could not be read: in English for an earlier release, and for every language. */
export function failureColumns(message: Message) {
  return { failure: formatMessage(message, english), failureMessage: toStored(message) }
}

/** Why the file could not be read, in the user's language; in English where a release without translations stored it. */
export function describeFailure(
  { failure, failureMessage }: Pick<Activity, 'failure' | 'failureMessage'>,
  localization: Localization,
): string | null {
  // Only `failureColumns` writes the column.
  const message = failureMessage && fromStored(recordingMessages, failureMessage as unknown as StoredMessage)
  return message ? formatMessage(message, localization) : failure
}
