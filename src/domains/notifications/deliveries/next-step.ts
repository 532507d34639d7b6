import type { DeliveryAttemptState, DeliveryStatus } from '../../../generated/prisma/enums.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { deliveryFailures } from '../messages.ts'
import type { OuterChannel } from '../notification-type.ts'

export interface AttemptSoFar {
  readonly id: string
  readonly channel: OuterChannel
  readonly target: string
  readonly number: number
  readonly state: DeliveryAttemptState
  readonly lease: string
  readonly startedAt: Date
  readonly retryAt: Date | null
}

export interface ChannelSoFar {
  readonly status: DeliveryStatus
  readonly receiptDueAt: Date | null
}

/** What is known of the delivery of a notification. */
export interface DeliverySoFar {
  readonly readAt: Date | null
  readonly helpsUntil: Date
  /** The end of the user's quiet hours, if the notification waits for it. */
  readonly quietUntil: Date | null
  readonly order: readonly OuterChannel[]
  readonly channels: ReadonlyMap<OuterChannel, ChannelSoFar>
  readonly attempts: readonly AttemptSoFar[]
}

export type Step =
  | { readonly do: 'send'; readonly channel: OuterChannel }
  | { readonly do: 'wait'; readonly until: Date }
  /** Nothing more is sent. `skipped`: nothing was sent at all, and why. */
  | { readonly do: 'end'; readonly skipped: { readonly channel: OuterChannel; readonly failure: Message } | null }

const end: Step = { do: 'end', skipped: null }

/** What to do now. Channels are tried in order: the next one after a failure, or without a receipt within its time. */
export function nextStep(delivery: DeliverySoFar, now: Date): Step {
  const { readAt, helpsUntil, quietUntil, order, channels, attempts } = delivery
  const statuses = [...channels.values()].map(({ status }) => status)
  if (statuses.some((status) => status === 'DELIVERED' || status === 'READ')) return end
  if (readAt) return endWithout(delivery, deliveryFailures.alreadyRead())
  if (helpsUntil <= now) return endWithout(delivery, deliveryFailures.tooLate())
  if (quietUntil && quietUntil >= helpsUntil) return endWithout(delivery, deliveryFailures.quietHours())
  if (quietUntil) return { do: 'wait', until: quietUntil }

  for (const channel of order) {
    const { status, receiptDueAt } = channels.get(channel) ?? notTried
    const retryAt = retryOf(attempts, channel)
    if (status === 'FAILED' || status === 'SKIPPED') continue
    if (status === 'PENDING' || (retryAt && retryAt <= now)) {
      return retryAt && retryAt > now ? { do: 'wait', until: retryAt } : { do: 'send', channel }
    }
    const waits = [retryAt, receiptDueAt].filter((at) => at !== null && at > now)
    if (waits.length > 0) return { do: 'wait', until: new Date(Math.min(...waits.map(Number))) }
    if (!receiptDueAt) return end
  }
  return end
}

const notTried: ChannelSoFar = { status: 'PENDING', receiptDueAt: null }

/** Ends; where nothing was sent, the channel that was next is SKIPPED. */
function endWithout({ order, channels }: DeliverySoFar, failure: Message): Step {
  const isSent = [...channels.values()].some(({ status }) => status === 'SENT')
  const next = order.find((channel) => (channels.get(channel) ?? notTried).status === 'PENDING')
  return isSent || !next ? end : { do: 'end', skipped: { channel: next, failure } }
}

/** The earliest retry of an address of the channel; null if none is left. */
function retryOf(attempts: readonly AttemptSoFar[], channel: OuterChannel): Date | null {
  const times = [...latestAttempts(attempts, channel).values()].flatMap(({ state, retryAt }) =>
    state === 'RETRY' && retryAt ? [retryAt.getTime()] : [],
  )
  return times.length === 0 ? null : new Date(Math.min(...times))
}

/** The last attempt of each address of the channel. */
export function latestAttempts(
  attempts: readonly AttemptSoFar[],
  channel: OuterChannel,
): ReadonlyMap<string, AttemptSoFar> {
  const latest = new Map<string, AttemptSoFar>()
  for (const attempt of attempts) {
    const known = latest.get(attempt.target)
    if (attempt.channel === channel && (!known || known.number < attempt.number)) latest.set(attempt.target, attempt)
  }
  return latest
}
