import type { OuterChannel } from '../domains/notifications/index.ts'
import { deliveryFailures } from '../domains/notifications/messages.ts'
import type { ChannelPort, OutgoingMessage, SendAttempt, SendResult } from '../domains/notifications/ports.ts'

/** What a fake vendor does with one call. `crash`: it has the message, and its answer never comes. */
export type FakeSend = 'accepted' | 'retry' | 'refused' | 'unknown' | 'crash' | 'crash-before'

/** A channel without a network, which keeps what it was given. */
export interface FakeChannel extends ChannelPort {
  /** What the vendor has: each message that it received, whether or not it answered. */
  readonly received: { readonly message: OutgoingMessage; readonly attempt: SendAttempt }[]
  /** Of the next calls; `accepted` after them. */
  readonly results: FakeSend[]
  /** Called before each call: how a test does something between the stored attempt and the call. */
  beforeSend: (() => Promise<void>) | null
  addresses: string[]
}

/** The worker was killed during the call. */
export class WorkerKilled extends Error {}

const failure = deliveryFailures.vendorUnavailable({ vendor: 'Acme' })

export function createFakeChannel(
  channel: OuterChannel,
  { receiptWithinMs = null, canBeAsked = false }: { receiptWithinMs?: number | null; canBeAsked?: boolean } = {},
): FakeChannel {
  const fake: FakeChannel = {
    channel,
    receiptWithinMs,
    received: [],
    results: [],
    beforeSend: null,
    addresses: ['user'],
    unavailable: async () => null,
    targets: async () => fake.addresses,
    async send(message, attempt): Promise<SendResult> {
      await fake.beforeSend?.()
      const result = fake.results.shift() ?? 'accepted'
      if (result === 'accepted' || result === 'unknown' || result === 'crash') fake.received.push({ message, attempt })
      if (result === 'crash' || result === 'crash-before') throw new WorkerKilled('The worker was killed.')
      if (result === 'accepted') return { outcome: 'accepted', vendorId: attempt.id }
      return result === 'retry' ? { outcome: 'retry', failure, retryAt: null } : { outcome: result, failure }
    },
    ...(canBeAsked
      ? {
          async find({ id }: SendAttempt): Promise<SendResult | null> {
            const isThere = fake.received.some(({ attempt }) => attempt.id === id)
            return isThere ? { outcome: 'accepted', vendorId: id } : null
          },
        }
      : {}),
  }
  return fake
}
