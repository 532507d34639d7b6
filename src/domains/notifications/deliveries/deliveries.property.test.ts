import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeliveryStatus } from '../../../generated/prisma/enums.ts'
import { NotFound } from '../../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { createFakeChannel, type FakeChannel, type FakeSend } from '../../../testing/fake-channel.ts'
import { markRead } from '../inbox/mark-read.ts'
import { notifications } from '../index.ts'
import { testNotification } from '../messages.ts'
import { testType } from '../send-test.ts'
import { recordReceipt } from './record-receipt.ts'

let app: TestApp
let kakao: FakeChannel
let sms: FakeChannel
beforeAll(async () => {
  kakao = createFakeChannel('KAKAO', { receiptWithinMs: 60_000 })
  sms = createFakeChannel('SMS', { canBeAsked: true, receiptWithinMs: 60_000 })
  app = await startTestApp({ adapters: { channelPorts: [kakao, sms] } })
})
afterAll(() => app[Symbol.asyncDispose]())

const sends: FakeSend[] = ['accepted', 'retry', 'refused', 'unknown', 'crash', 'crash-before']
const channels = ['KAKAO', 'SMS'] as const

/** The order in which a status may change. */
const ranks: Readonly<Record<DeliveryStatus, number>> = {
  PENDING: 0,
  SKIPPED: 1,
  SENT: 1,
  FAILED: 2,
  DELIVERED: 3,
  READ: 4,
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('run' as const), workers: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 30, 61, 400) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('receipt' as const),
      channel: fc.constantFrom(...channels),
      status: fc.constantFrom('DELIVERED' as const, 'READ' as const, 'FAILED' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
)

const history = fc.record({
  results: fc.array(fc.constantFrom(...sends), { maxLength: 8 }),
  actions: fc.array(action, { minLength: 3, maxLength: 12 }),
})

test('whatever vendors answer, devices report and workers survive, nothing is sent twice and no status goes back', async () => {
  const email = 'histories@example.com'
  const user = await createUser(app, email)
  const { db } = app.app
  await db.prisma.notificationPreference.create({
    data: { userId: user.id, channelOrders: { MESSAGE: ['KAKAO', 'SMS'] } },
  })
  const services = app.app.services(notifications)
  let count = 0
  await fc.assert(
    fc.asyncProperty(history, async ({ results, actions }) => {
      count += 1
      kakao.addresses = ['one', 'two']
      for (const channel of [kakao, sms]) {
        channel.received.length = 0
        channel.results.splice(0, channel.results.length, ...results)
      }
      const text = { title: testNotification.testTitle(), body: testNotification.testBody() }
      const item = { userId: user.id, type: testType, dedupeKey: `history:${count}`, ...text }
      const [created] = await db.transaction((tx) => services.notifyUsers(tx, [item], app.now))
      const key = { userId: user.id, notificationId: created?.id ?? '' }
      const seen = new Map<string, DeliveryStatus>()

      for (const each of [...actions, ...settling]) {
        if (each.do === 'wait') app.now = new Date(app.now.getTime() + each.seconds * 1_000)
        else if (each.do === 'read') await markRead(services, user, { ids: [key.notificationId] })
        else if (each.do === 'receipt') {
          const receipt = recordReceipt(services, { ...key, channel: each.channel, status: each.status })
          await receipt.catch((error: unknown) => expect(error).toBeInstanceOf(NotFound))
        } else {
          const runs = Array.from({ length: each.workers }, () => app.runJob('notifications.deliver', key))
          await Promise.allSettled(runs)
        }
        const rows = await db.prisma.notificationDelivery.findMany({ where: key })
        for (const { channel, status } of rows) {
          const before = seen.get(channel)
          if (before !== undefined && before !== status) {
            expect(ranks[status], `${channel}: ${before} → ${status}`).toBeGreaterThan(ranks[before])
            expect(before).not.toBe('SKIPPED')
          }
          seen.set(channel, status)
        }
        for (const { received } of [kakao, sms]) {
          const targets = received.map(({ attempt }) => attempt.target)
          expect(new Set(targets).size).toBe(targets.length)
        }
      }
      const { nextStepAt, lease } = await db.prisma.notification.findUniqueOrThrow({
        where: { id: key.notificationId },
      })
      expect({ nextStepAt, lease }).toEqual({ nextStepAt: null, lease: null })
    }),
    { numRuns: 60 },
  )
}, 120_000)

/** Without more faults, the delivery ends: after ten minutes the notification no longer helps. */
const settling = [
  { do: 'wait', seconds: 700 },
  { do: 'run', workers: 1 },
  { do: 'wait', seconds: 61 },
  { do: 'run', workers: 1 },
] as const
