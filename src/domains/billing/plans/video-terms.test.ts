import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { subscribe } from '../../../testing/plans.ts'
import { billing, videoCreditsOf, videoTermsOf } from '../index.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const termsOf = (userId: string) => videoTermsOf(app.app.services(billing), app.app.db.prisma, userId, app.now)

test('the terms of videos are those of the current plan', async () => {
  const { id } = await createUser(app, 'ann@example.com')
  expect(await termsOf(id)).toEqual({ atOnce: 1, maxMinutes: 10 })
  await subscribe(app, id)
  expect(await termsOf(id)).toEqual({ atOnce: 2, maxMinutes: 30 })
  const subscriptionId = await subscribe(app, id, 'pro:annual')
  expect(await termsOf(id)).toEqual({ atOnce: 4, maxMinutes: 60 })
  await app.app.db.prisma.planSubscription.update({ where: { id: subscriptionId }, data: { endedAt: app.now } })
  expect(await termsOf(id)).toEqual({ atOnce: 2, maxMinutes: 30 })
})

test('the price of a video is that of its template, and 10 credits for a template that is not named', () => {
  const { plans } = app.app.services(billing)
  const prices = ['waveform', 'captions', 'slideshow', 'karaoke', 'constructor'].map((key) =>
    videoCreditsOf(plans, key),
  )
  expect(prices).toEqual([10, 15, 25, 10, 10])
})
