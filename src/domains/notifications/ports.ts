import type { PushService } from '../../generated/prisma/enums.ts'
import type { Message } from '../../platform/messages/message.ts'
import type { OuterChannel } from './notification-type.ts'

/** What became of one call of a vendor. */
export type SendResult =
  /** The vendor has accepted the message. `vendorId` is its id there. */
  | { readonly outcome: 'accepted'; readonly vendorId: string | null }
  /** It was not accepted now, and may be later: rate limits, 5xx, no connection. `retryAt` is what the vendor asks for. */
  | { readonly outcome: 'retry'; readonly failure: Message; readonly retryAt: Date | null }
  /** It was not accepted, and never will be. */
  | { readonly outcome: 'refused'; readonly failure: Message }
  /** The answer was lost, so it is unknown whether the vendor has the message. It is not sent again. */
  | { readonly outcome: 'unknown'; readonly failure: Message }

/** A notification in the language of its recipient. */
export interface OutgoingMessage {
  readonly userId: string
  readonly notificationId: string
  readonly kind: string
  readonly title: string
  readonly body: string
  /** From then on it no longer helps. */
  readonly helpsUntil: Date
  /** For confirmDelivery. */
  readonly receiptToken: string
}

/** One attempt to send to one address. */
export interface SendAttempt {
  /** The same for no two attempts: for vendors that accept a key. */
  readonly id: string
  readonly userId: string
  /** One of those that `targets` returned. */
  readonly target: string
  readonly startedAt: Date
}

/** A channel beside IN_APP. */
export interface ChannelPort {
  readonly channel: OuterChannel
  /** How long a receipt may take before the next channel is tried. Null: the channel sends none. */
  readonly receiptWithinMs: number | null
  /** Null if the channel can be used for this user; else which setting is missing, or what the user has to do. */
  unavailable(userId: string): Promise<Message | null>
  /** The ids of the user's addresses: several devices, or one. */
  targets(userId: string): Promise<readonly string[]>
  /** Calls the vendor once. Resolves to `unknown` if it does not know whether the vendor has the message. */
  send(message: OutgoingMessage, attempt: SendAttempt, signal: AbortSignal): Promise<SendResult>
  /**
   * Asks the vendor about an attempt whose answer was lost. Null: the vendor does not have the message, so it is sent
   * again. Left out where a vendor cannot be asked: then it is not sent again.
   */
  find?(attempt: SendAttempt, signal: AbortSignal): Promise<SendResult | null>
}

/** Where a push message goes: the subscription of a browser, or the token of an app. */
export interface PushAddress {
  /** The endpoint of a browser, or the token of an app. */
  readonly token: string
  /** Of a browser: the keys by which the message is encrypted, as base64url. */
  readonly keys?: { readonly p256dh: string; readonly auth: string } | undefined
}

export interface PushMessage {
  readonly title: string
  readonly body: string
  /** Passed to the app: ids and the receipt token. */
  readonly data: Readonly<Record<string, string>>
  /** How long the service keeps the message for a device that is offline. */
  readonly ttlSeconds: number
  /** A later message with the same tag replaces it on the device. */
  readonly tag: string
}

/** `unregistered`: the service no longer knows the device. */
export type PushResult = SendResult | { readonly outcome: 'unregistered'; readonly failure: Message }

/** Sends push messages to the devices of one service. */
export interface PushSender {
  send(address: PushAddress, message: PushMessage, signal: AbortSignal): Promise<PushResult>
  /** Why an address cannot be one of this service; null if it can. */
  refusal(address: PushAddress): Promise<Message | null>
}

export interface NotificationsVendors {
  /** By service. Null: its variables are not set. */
  readonly pushSenders: Readonly<Record<PushService, PushSender | null>>
  /** The other channels that are configured. */
  readonly channelPorts: readonly ChannelPort[]
  /** For browsers that subscribe; null without VAPID keys. */
  readonly vapidPublicKey: string | null
}

/** What adapters say about results. */
export { deliveryFailures, notificationMessages } from './messages.ts'
