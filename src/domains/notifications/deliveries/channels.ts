import type { Channel } from '../../../generated/prisma/enums.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { notificationMessages } from '../messages.ts'
import type { OuterChannel } from '../notification-type.ts'
import type { ChannelPort } from '../ports.ts'

/** The channels of this server. */
export interface Channels {
  /** Null if the server does not offer it. */
  get(channel: OuterChannel): ChannelPort | null
  /** Null if the channel can be used for this user; else which setting is missing, or what the user has to do. */
  unavailable(channel: Channel, userId: string): Promise<Message | null>
}

/** The setting that is missing where a channel is not configured; other channels are not offered. */
const settings: Partial<Readonly<Record<OuterChannel, string>>> = {
  PUSH: 'VAPID_PUBLIC_KEY',
}

/** Throws if two ports are of one channel. */
export function createChannels(ports: readonly ChannelPort[]): Channels {
  const byChannel = new Map(ports.map((port) => [port.channel, port]))
  if (byChannel.size < ports.length) throw new Error('Two ports are of one channel.')
  const get = (channel: OuterChannel) => byChannel.get(channel) ?? null
  return {
    get,
    async unavailable(channel, userId) {
      if (channel === 'IN_APP') return null
      const port = get(channel)
      if (port) return port.unavailable(userId)
      const setting = settings[channel]
      return setting === undefined
        ? notificationMessages.notOffered()
        : notificationMessages.missingSetting({ setting })
    },
  }
}
