import { v7 as uuidv7 } from 'uuid'
import type { PushDevice } from '../../../generated/prisma/client.ts'
import type { PushService } from '../../../generated/prisma/enums.ts'
import { checkText } from '../../../platform/check-text.ts'
import { checkAll, InvalidInput } from '../../../platform/errors.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { notificationMessages } from '../messages.ts'
import type { PushAddress } from '../ports.ts'
import type { NotificationsServices } from '../services.ts'
import { encryptAddress } from './push-address.ts'

export interface DeviceToRegister {
  readonly service: PushService
  /** Of an app. */
  readonly token?: string | null | undefined
  /** Of a browser. */
  readonly subscription?: WebSubscription | null | undefined
  readonly label?: string | null | undefined
}

export interface WebSubscription {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** A user has a few phones and browsers; the devices that were registered longest ago are removed. */
const mostDevices = 20
const longestLabel = 100
const longestToken = 4_096

/**
 * Registers a device, or registers it again: then it keeps its id. A device that another user registered before becomes
 * this user's, since the browser or phone now belongs to this session. Throws InvalidInput.
 */
export async function registerDevice(
  services: Pick<NotificationsServices, 'db' | 'clock' | 'encryptor' | 'hashAddress' | 'pushSenders'>,
  viewer: Viewer,
  input: DeviceToRegister,
): Promise<PushDevice> {
  const { address, label } = checkAll({ address: () => checkAddress(input), label: () => checkLabel(input.label) })
  const { service } = input
  const field = service === 'WEB' ? 'subscription' : 'token'
  const sender = services.pushSenders[service]
  if (!sender) throw InvalidInput.of('service', notOffered(service))
  const refusal = await sender.refusal(address)
  if (refusal) throw InvalidInput.of(field, refusal)

  const now = services.clock()
  const addressHash = services.hashAddress(`${service} ${address.token}`)
  const data = { userId: viewer.id, service, address: encryptAddress(services.encryptor, address), label }
  return runAs(services, viewer, async (tx) => {
    const known = await tx.pushDevice.findUnique({ where: { addressHash }, select: { userId: true } })
    if (known && known.userId !== viewer.id) await tx.pushDevice.deleteMany({ where: { addressHash } })
    const device = await tx.pushDevice.upsert({
      where: { addressHash },
      create: { id: uuidv7({ msecs: now.getTime() }), addressHash, createdAt: now, registeredAt: now, ...data },
      update: { registeredAt: now, ...data },
    })
    await tx.$executeRaw`
      DELETE FROM push_devices WHERE user_id = ${viewer.id}::uuid AND id IN (
        SELECT id FROM push_devices WHERE user_id = ${viewer.id}::uuid
        ORDER BY registered_at DESC, id DESC OFFSET ${mostDevices})`
    return device
  })
}

function notOffered(service: PushService): Message {
  if (service !== 'WEB') return notificationMessages.notOffered()
  return notificationMessages.missingSetting({ setting: 'VAPID_PUBLIC_KEY' })
}

function checkAddress({ service, token, subscription }: DeviceToRegister): PushAddress {
  if (service === 'WEB') {
    if (token != null || !subscription)
      throw InvalidInput.of('subscription', notificationMessages.tokenOrSubscription())
    const { endpoint, p256dh, auth } = subscription
    const isValid = endpoint.length <= 2_048 && hasBytes(p256dh, 65) && hasBytes(auth, 16)
    if (!isValid) throw InvalidInput.of('subscription', notificationMessages.invalidSubscription())
    return { token: endpoint, keys: { p256dh, auth } }
  }
  if (token == null || subscription) throw InvalidInput.of('token', notificationMessages.tokenOrSubscription())
  if (token.length > longestToken || !/^[\x21-\x7e]+$/.test(token)) {
    throw InvalidInput.of('token', notificationMessages.invalidToken())
  }
  return { token }
}

const hasBytes = (text: string, count: number) =>
  /^[\w-]+=*$/.test(text) && Buffer.from(text, 'base64url').length === count

function checkLabel(label: string | null | undefined): string | null {
  const messages = { length: notificationMessages.labelLength(), invalid: notificationMessages.invalidLabel() }
  return checkText(label ?? '', { field: 'label', min: 0, max: longestLabel, ...messages }) || null
}
