import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { promoteUser } from '../../domains/users/index.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { developmentIdentity } from '../identity.ts'
import { welcome } from '../welcome.ts'
import { people } from './people.ts'
import { seed, seedSize } from './seed.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function plant(): Promise<{ steps: number; made: number }> {
  let [steps, made] = [0, 0]
  for await (const step of seed(app.app, await developmentIdentity(inject('dataDir')))) {
    if (step === 'activity') steps += 1
    else made += step.made
  }
  return { steps, made }
}

test('a seed makes people whose activities are all read, and seeding again adds nothing', async () => {
  expect(await plant()).toEqual({ steps: seedSize, made: seedSize })
  expect(await plant()).toEqual({ steps: seedSize, made: 0 })

  const { prisma } = app.app.db
  expect(await prisma.user.count()).toBe(people.length)
  expect(await prisma.activity.groupBy({ by: ['status'], _count: true })).toEqual([
    { status: 'READY', _count: seedSize },
  ])
  const answer = await app.query('minjun.kim@example.com', '{ me { name timeZone activities { totalCount } } }')
  expect(answer.data).toEqual({ me: { name: 'Minjun Kim', timeZone: 'Asia/Seoul', activities: { totalCount: 18 } } })
})

test('being an admin is a matter of the row', async () => {
  const role = async () => (await app.query('ada@example.com', '{ me { role } }')).data
  expect(await role()).toEqual({ me: { role: 'USER' } })
  const { clerkId } = await app.app.db.prisma.user.findFirstOrThrow({
    where: { emailIndex: app.app.emails.indexOf('ada@example.com') },
  })
  await promoteUser(app.app.db.prisma, clerkId ?? '')
  expect(await role()).toEqual({ me: { role: 'ADMIN' } })
})

test('the welcome names every address, and no password', () => {
  const words = {
    api: 'http://localhost:4000',
    databaseUrl: 'postgresql://owner:secret@db.example.com/pacer',
    bucketEndpoint: 'http://127.0.0.1:9100',
    dataDir: '/data',
    email: 'alice@example.com',
  }
  const text = welcome({ ...words, token: 'a-token' })
  for (const part of ['http://localhost:4000/graphql', '127.0.0.1:9100', '/data', 'a-token'])
    expect(text).toContain(part)
  expect(text).not.toContain('secret')
  expect(welcome({ ...words, token: null })).not.toContain('npm run --silent token')
})
