import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NotificationsDocument } from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { createFakeChannel, type FakeChannel, WorkerKilled } from '../../../testing/fake-channel.ts'
import { videoFinished, videoFinishedMessages } from '../../videos/video-notifications.ts'
import { notifications } from '../index.ts'
import { recordReceipt } from './record-receipt.ts'

const start = new Date('2026-06-01T03:00:00Z')
const minute = 60_000
let app: TestApp
let kakao: FakeChannel
let sms: FakeChannel
let user: User
let email: string
let count = 0
beforeAll(async () => {
  kakao = createFakeChannel('KAKAO', { receiptWithinMs: 2 * minute })
  sms = createFakeChannel('SMS', { canBeAsked: true })
  app = await startTestApp({ adapters: { channelPorts: [kakao, sms] } })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  email = `deliver-${count}@example.com`
  app.now = start
  user = await createUser(app, email)
  for (const channel of [kakao, sms]) {
    channel.received.length = 0
    channel.results.length = 0
    channel.beforeSend = null
    channel.addresses = ['user']
  }
  await app.app.db.prisma.notificationPreference.create({
    data: { userId: user.id, channelOrders: { VIDEO_READY: ['PUSH', 'KAKAO', 'SMS'] } },
  })
})

const services = () => app.app.services(notifications)

async function create(helpsUntil?: Date): Promise<string> {
  const { readyTitle, readyBody } = videoFinishedMessages
  const item = { userId: user.id, type: videoFinished, title: readyTitle(), body: readyBody({ title: 'A talk' }) }
  const more = { dedupeKey: `${Math.random()}`, ...(helpsUntil && { helpsUntil }) }
  const [created] = await app.app.db.transaction((tx) => services().notifyUsers(tx, [{ ...item, ...more }], app.now))
  return created?.id ?? ''
}

const deliver = (notificationId: string) => app.runJob('notifications.deliver', { userId: user.id, notificationId })
const later = (ms: number) => {
  app.now = new Date(app.now.getTime() + ms)
}

/** Of channels beside IN_APP: 'KAKAO SENT'. */
async function statuses(): Promise<string[]> {
  const rows = await app.app.db.prisma.notificationDelivery.findMany({
    where: { userId: user.id },
    orderBy: { channel: 'asc' },
  })
  return rows.map(({ channel, status }) => `${channel} ${status}`)
}

const nextStepAt = async (id: string) =>
  (await app.app.db.prisma.notification.findUniqueOrThrow({ where: { id } })).nextStepAt

describe('the delivery of a notification', () => {
  it('skips channels that are not available, and ends with the first that is confirmed', async () => {
    const id = await create()
    await deliver(id)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO SENT'])
    expect(await nextStepAt(id)).toEqual(new Date(start.getTime() + 2 * minute))
    await recordReceipt(services(), { userId: user.id, notificationId: id, channel: 'KAKAO', status: 'DELIVERED' })
    later(2 * minute)
    await deliver(id)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO DELIVERED'])
    expect(await nextStepAt(id)).toBeNull()
    expect(sms.received).toEqual([])
  })

  it('tries the next channel without a receipt within its time; a late one still counts', async () => {
    const id = await create()
    await deliver(id)
    later(2 * minute)
    await deliver(id)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO SENT', 'SMS SENT'])
    expect(await nextStepAt(id)).toBeNull()
    const late = { userId: user.id, notificationId: id, channel: 'KAKAO', status: 'DELIVERED' } as const
    await recordReceipt(services(), late)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO DELIVERED', 'SMS SENT'])
  })

  it('tries the next channel at once after a failure, also one that is reported later', async () => {
    kakao.results.push('refused')
    const id = await create()
    await deliver(id)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO FAILED', 'SMS SENT'])

    const other = await create()
    await deliver(other)
    const key = { userId: user.id, notificationId: other, channel: 'KAKAO' } as const
    await recordReceipt(services(), { ...key, status: 'FAILED' })
    await deliver(other)
    expect(sms.received.map(({ message }) => message.notificationId)).toEqual([id, other])
  })

  it('repeats what can pass, with growing delays, and then tries the next channel', async () => {
    kakao.results.push('retry', 'retry', 'retry', 'retry')
    const id = await create()
    const delays: number[] = []
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await deliver(id)
      const next = await nextStepAt(id)
      if (!next) break
      delays.push(next.getTime() - app.now.getTime())
      app.now = next
    }
    expect(delays).toHaveLength(3)
    for (const [at, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(2_500 * 4 ** at)
      expect(delay).toBeLessThanOrEqual(5_000 * 4 ** at)
    }
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO FAILED', 'SMS SENT'])
  })

  it('is not sent before its retry is due, however often the job runs', async () => {
    kakao.results.push('retry')
    const id = await create()
    await deliver(id)
    await deliver(id)
    await Promise.all([deliver(id), deliver(id)])
    expect(kakao.received).toEqual([])
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO PENDING'])
  })

  it('sends to each address once', async () => {
    kakao.addresses = ['one', 'two', 'three']
    kakao.results.push('accepted', 'retry', 'refused')
    const id = await create()
    await deliver(id)
    app.now = (await nextStepAt(id)) ?? app.now
    await deliver(id)
    expect(kakao.received.map(({ attempt }) => attempt.target).sort()).toEqual(['one', 'two'])
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO SENT'])
  })

  it('is sent by one of many workers at once', async () => {
    const id = await create()
    await Promise.all(Array.from({ length: 5 }, () => deliver(id)))
    expect(kakao.received).toHaveLength(1)
  })

  it('is not repeated after a worker was killed during the call, where the vendor cannot be asked', async () => {
    kakao.results.push('crash')
    const id = await create()
    await expect(deliver(id)).rejects.toThrow(WorkerKilled)
    await deliver(id)
    expect(kakao.received).toHaveLength(1)
    later(minute)
    await deliver(id)
    expect(kakao.received).toHaveLength(1)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'KAKAO FAILED', 'SMS SENT'])
  })

  it('asks the vendor after a worker was killed, and repeats only what it does not have', async () => {
    kakao.results.push('refused', 'refused')
    sms.results.push('crash', 'crash-before')
    const [one, two] = [await create(), await create()]
    await expect(deliver(one)).rejects.toThrow(WorkerKilled)
    await expect(deliver(two)).rejects.toThrow(WorkerKilled)
    later(minute)
    await deliver(one)
    await deliver(two)
    expect(sms.received.map(({ message }) => message.notificationId)).toEqual([one, two])
    expect(await statuses()).toEqual(expect.arrayContaining(['SMS SENT', 'SMS SENT']))
  })

  it('is not begun by a worker that has lost it', async () => {
    const id = await create()
    const { targets } = kakao
    kakao.targets = async (userId) => {
      kakao.targets = targets
      later(minute)
      await deliver(id)
      return targets(userId)
    }
    await deliver(id)
    expect(kakao.received).toHaveLength(1)
  })

  it('is skipped once it was read, and once it no longer helps', async () => {
    const read = await create()
    await app.app.db.prisma.notification.update({ where: { id: read }, data: { readAt: app.now } })
    await deliver(read)
    const late = await create(new Date(app.now.getTime() + minute))
    later(minute)
    await deliver(late)
    expect(await statuses()).toEqual(['PUSH SKIPPED', 'PUSH SKIPPED'])
    expect([...kakao.received, ...sms.received]).toEqual([])
    const { data } = await app.run(email, NotificationsDocument, {})
    const [inApp, push] = data.me?.notifications.edges[0]?.node.deliveries ?? []
    expect(inApp).toMatchObject({ channel: 'IN_APP', status: 'SENT' })
    expect(push).toMatchObject({ channel: 'PUSH', failure: 'It could not be sent while it still helped.' })
  })

  it('waits for the end of the quiet hours in the time zone of the user, if it still helps then', async () => {
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { timeZone: 'Asia/Seoul' } })
    const { userId } = await app.app.db.prisma.notificationPreference.update({
      where: { userId: user.id },
      data: { quietFrom: 11 * 60, quietTo: 14 * 60 },
    })
    expect(userId).toBe(user.id)
    const end = new Date('2026-06-01T05:00:00Z')
    const [waits, tooLate] = [await create(), await create(end)]
    await deliver(waits)
    await deliver(tooLate)
    expect(await nextStepAt(waits)).toEqual(end)
    expect(await nextStepAt(tooLate)).toBeNull()
    app.now = end
    await deliver(waits)
    expect(kakao.received.map(({ message }) => message.notificationId)).toEqual([waits])
  })

  it('is written in the language of the recipient', async () => {
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { chosenLocale: 'ko' } })
    await deliver(await create())
    expect(kakao.received[0]?.message).toMatchObject({
      title: '동영상이 준비되었습니다.',
      body: '보고 내려받을 수 있습니다: A talk.',
    })
  })

  it('is continued by a sweep if its job was lost', async () => {
    const id = await create()
    const key = `notifications.deliver:${id}`
    const jobs = () => app.app.db.query('SELECT FROM graphile_worker.jobs WHERE key = $1', [key])
    expect(await jobs()).toHaveLength(1)
    await app.app.db.prisma.$executeRaw`SELECT graphile_worker.remove_job(${key})`
    await app.runJob('notifications.sweep')
    expect(await jobs()).toHaveLength(0)
    later(3 * minute)
    await app.runJob('notifications.sweep')
    expect(await jobs()).toHaveLength(1)
  })
})
