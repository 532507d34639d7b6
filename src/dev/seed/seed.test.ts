import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { promoteUser, users } from '../../domains/users/index.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { developmentIdentity } from '../identity.ts'
import { welcome } from '../welcome.ts'
import { sampleUsers } from './sample-users.ts'
import { seed, seedSize } from './seed.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function runSeed(): Promise<{ steps: number; made: number }> {
  let [steps, made] = [0, 0]
  for await (const step of seed(app.app, await developmentIdentity(inject('dataDir')))) {
    if (step === 'activity') steps += 1
    else made += step.made
  }
  return { steps, made }
}

test('seed creates users with processed activities, and a second seed adds nothing', async () => {
  expect(await runSeed()).toEqual({ steps: seedSize, made: seedSize })
  expect(await runSeed()).toEqual({ steps: seedSize, made: 0 })

  const { prisma } = app.app.db
  expect(await prisma.user.count()).toBe(sampleUsers.length)
  expect(await prisma.activity.groupBy({ by: ['status'], _count: true })).toEqual([
    { status: 'READY', _count: seedSize },
  ])
  const answer = await app.query('minjun.kim@example.com', '{ me { name timeZone activities { totalCount } } }')
  expect(answer.data).toEqual({ me: { name: 'Minjun Kim', timeZone: 'Asia/Seoul', activities: { totalCount: 18 } } })
})

test('a promoted user is an admin', async () => {
  const role = async () => (await app.query('ada@example.com', '{ me { role } }')).data
  expect(await role()).toEqual({ me: { role: 'USER' } })
  const { clerkId } = await app.app.db.prisma.user.findFirstOrThrow({
    where: { emailIndex: app.app.services(users).emails.indexOf('ada@example.com') },
  })
  await promoteUser(app.app.db.prisma, clerkId ?? '')
  expect(await role()).toEqual({ me: { role: 'ADMIN' } })
})

test('the startup message has all addresses and no password', () => {
  const message = {
    api: 'http://localhost:4000',
    databaseUrl: 'postgresql://owner:secret@db.example.com/pacer',
    bucketEndpoint: 'http://127.0.0.1:9100',
    dataDir: '/data',
    email: 'alice@example.com',
  }
  const text = welcome({ ...message, token: 'a-token' })
  for (const part of ['http://localhost:4000/graphql', '127.0.0.1:9100', '/data', 'a-token'])
    expect(text).toContain(part)
  expect(text).not.toContain('secret')
  expect(welcome({ ...message, token: null })).not.toContain('npm run --silent token')
})
