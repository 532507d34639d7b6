import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  ConfirmDeliveryDocument,
  NotificationPreferencesDocument,
  NotificationsDocument,
  RegisterPushDeviceDocument,
  RemovePushDeviceDocument,
  SendTestNotificationDocument,
} from '../../../../operations/typed-operations.ts'
import { newVapidKeys } from '../../../cli/notifications.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { type FakePushService, startPushService } from '../../../testing/push-service.ts'

const vapid = { ...newVapidKeys(), subject: 'mailto:push@example.com' }
let service: FakePushService
let app: TestApp
let email: string
let count = 0
beforeAll(async () => {
  service = await startPushService(vapid.publicKey)
  app = await startTestApp({ config: { notifications: { vapid, allowsLoopback: true } } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
})
beforeEach(async () => {
  count += 1
  email = `push-${count}@example.com`
  service.fault = null
  // Notifications of one millisecond have no order between users.
  app.now = new Date(app.now.getTime() + 1)
  await createUser(app, email)
})

type Subscription = ReturnType<FakePushService['subscribe']>

async function register(subscription: Subscription, as = email) {
  const input = { service: 'WEB' as const, subscription, label: 'Laptop' }
  const { data } = await app.run(as, RegisterPushDeviceDocument, { input })
  const result = data.registerPushDevice
  return result?.__typename === 'RegisterPushDevicePayload' ? result.device : null
}

const devicesOf = async (as = email) => (await app.run(as, NotificationPreferencesDocument)).data.me?.pushDevices ?? []

async function sendTest() {
  const { data } = await app.run(email, SendTestNotificationDocument, { input: { channel: 'PUSH' } })
  await app.runJob('notifications.deliver', await newest())
  return data.sendTestNotification
}

async function newest() {
  const { userId, id } = await app.app.db.prisma.notification.findFirstOrThrow({ orderBy: { id: 'desc' } })
  return { userId, notificationId: id }
}

async function pushDelivery() {
  const { data } = await app.run(email, NotificationsDocument, { first: 1 })
  return data.me?.notifications.edges[0]?.node.deliveries.find(({ channel }) => channel === 'PUSH')
}

const received = (endpoint: string) => service.messages.filter((message) => message.endpoint === endpoint)

describe('a browser', () => {
  it('receives an encrypted message, and confirms it without a session', async () => {
    const browser = service.subscribe()
    await register(browser)
    await sendTest()
    expect(service.refusals).toEqual([])
    const [message] = received(browser.endpoint)
    expect(message?.payload).toMatchObject({ title: 'A test notification.', data: { kind: 'MESSAGE' } })
    expect(await pushDelivery()).toMatchObject({ status: 'SENT', attempts: 1, failure: null })

    const receiptToken = message?.payload.data.receiptToken ?? ''
    for (let time = 1; time <= 2; time += 1) {
      const { data } = await app.run(null, ConfirmDeliveryDocument, { input: { receiptToken } })
      expect(data.confirmDelivery).toMatchObject({ confirmed: true })
    }
    expect(await pushDelivery()).toMatchObject({ status: 'DELIVERED' })
    for (const token of [`${receiptToken.slice(0, -1)}x`, 'x.y', '', receiptToken.replace(/^./, '-')]) {
      const { data } = await app.run(null, ConfirmDeliveryDocument, { input: { receiptToken: token } })
      expect(data.confirmDelivery).toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('that is registered again keeps its id; registered by another user, it becomes theirs', async () => {
    const browser = service.subscribe()
    const first = await register(browser)
    expect(await register(browser)).toEqual(first)
    const other = `push-other-${count}@example.com`
    await createUser(app, other)
    await register(browser, other)
    expect(await devicesOf()).toEqual([])
    expect(await devicesOf(other)).toHaveLength(1)
  })

  it('that its push service no longer knows is removed, and the others receive the message', async () => {
    const [lost, kept] = [service.subscribe(), service.subscribe()]
    await register({ ...lost, endpoint: `${service.url}/push/unknown-${count}` })
    await register(kept)
    await sendTest()
    expect(received(kept.endpoint)).toHaveLength(1)
    expect(await devicesOf()).toHaveLength(1)
    expect(await pushDelivery()).toMatchObject({ status: 'SENT' })
  })

  it('receives the message later if its service limits the rate', async () => {
    const browser = service.subscribe()
    await register(browser)
    service.fault = { status: 429, headers: { 'retry-after': '30' } }
    await sendTest()
    service.fault = null
    expect(await pushDelivery()).toMatchObject({ status: 'PENDING' })
    const key = await newest()
    const { nextStepAt } = await app.app.db.prisma.notification.findUniqueOrThrow({ where: { id: key.notificationId } })
    expect(nextStepAt?.getTime()).toBeGreaterThanOrEqual(app.now.getTime() + 30_000)
    const before = app.now
    app.now = nextStepAt ?? before
    await app.runJob('notifications.deliver', key)
    app.now = before
    expect(received(browser.endpoint)).toHaveLength(1)
  })

  it('is sent nothing after it was removed', async () => {
    const browser = service.subscribe()
    const device = await register(browser)
    for (let time = 1; time <= 2; time += 1) {
      const { data } = await app.run(email, RemovePushDeviceDocument, { input: { deviceId: device?.id ?? '' } })
      expect(data.removePushDevice).toMatchObject({ deviceId: device?.id })
    }
    const { data } = await app.run(email, SendTestNotificationDocument, { input: { channel: 'PUSH' } })
    expect(data.sendTestNotification).toMatchObject({ code: 'CHANNEL_UNAVAILABLE' })
    expect(received(browser.endpoint)).toEqual([])
  })

  it('replaces the one registered longest ago beyond 20', async () => {
    const before = app.now
    for (let at = 0; at < 21; at += 1) {
      app.now = new Date(before.getTime() + at)
      await register(service.subscribe())
    }
    app.now = before
    expect(await devicesOf()).toHaveLength(20)
  })
})

describe('an endpoint', () => {
  it.each([
    'http://push.example.com/x',
    'https://10.0.0.1/x',
    'https://192.168.1.1/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    // 10.0.0.1, as one number.
    'https://167772161/x',
    'https://localhost/x',
    'https://user:password@push.example.com/x',
    'ftp://push.example.com/x',
    'no URL',
  ])('%s is refused', async (endpoint) => {
    const input = { service: 'WEB' as const, subscription: { ...service.subscribe(), endpoint } }
    const { data } = await app.run(email, RegisterPushDeviceDocument, { input })
    expect(data.registerPushDevice).toMatchObject({ code: 'INVALID_INPUT' })
  })

  it('is encrypted, and never returned or logged', async () => {
    const browser = service.subscribe()
    await register(browser)
    const rows = await app.app.db.prisma.pushDevice.findMany()
    const text = JSON.stringify(rows.map((row) => ({ ...row, address: Buffer.from(row.address).toString('latin1') })))
    expect(text).not.toContain(browser.endpoint)
    expect(text).not.toContain(browser.auth)
  })
})

it('a server says with which key browsers subscribe, and which setting is missing', async () => {
  const { data } = await app.run(email, NotificationPreferencesDocument)
  expect(data.vapidPublicKey).toBe(vapid.publicKey)
  const push = data.me?.notificationPreferences.available.find(({ channel }) => channel === 'PUSH')
  expect(push).toMatchObject({ available: false, reason: 'Register a device first, with `registerPushDevice`.' })

  await using other = await startTestApp({ databaseUrl: app.databaseUrl })
  const without = await other.run(email, NotificationPreferencesDocument)
  expect(without.data.vapidPublicKey).toBeNull()
  expect(
    without.data.me?.notificationPreferences.available.find(({ channel }) => channel === 'PUSH')?.reason,
  ).toContain('VAPID_PUBLIC_KEY')
})
