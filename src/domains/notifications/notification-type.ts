import type { Channel, NotificationKind } from '../../generated/prisma/enums.ts'
import type { AnyCatalogue, MessageValues } from '../../platform/messages/message.ts'

/** The channels beside IN_APP, which every notification has. */
export type OuterChannel = Exclude<Channel, 'IN_APP'>

/** A type of notification that a domain sends. Several types may have one kind, by which users choose channels. */
export interface NotificationType {
  /** Unique, and stored: 'videos.finished'. */
  readonly name: string
  readonly kind: NotificationKind
  /** The titles and bodies. They are stored: a key that a release has used keeps its meaning and values. */
  readonly messages: AnyCatalogue
  /** The channels beside IN_APP, in the order in which they are tried, unless the user has chosen another one. */
  readonly order: readonly OuterChannel[]
  /** Whether it waits for the end of the user's quiet hours. */
  readonly waitsInQuietHours: boolean
  /** How long after its creation it still helps to send it, unless the notification says otherwise. */
  readonly helpsForMs: number
  /** Values that differ when it is sent later: the minutes that remain. They replace those of the same names. */
  readonly valuesAt?: (values: MessageValues, now: Date) => MessageValues
}

/** PUSH before paid channels. EMAIL is last. */
export const defaultOrder: readonly OuterChannel[] = ['PUSH', 'KAKAO', 'SMS']

/** Declares a type of notification. A domain lists it in `notificationKinds`. */
export function defineNotificationType(type: NotificationType): NotificationType {
  return type
}

/** The types of all domains, by name. Throws where two have one name. */
export function typesByName(types: readonly NotificationType[]): ReadonlyMap<string, NotificationType> {
  const byName = new Map<string, NotificationType>()
  for (const type of types) {
    if (byName.has(type.name)) throw new Error(`Two types of notifications have the name ${type.name}.`)
    byName.set(type.name, type)
  }
  return byName
}
