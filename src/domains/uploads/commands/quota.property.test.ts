import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeleteActivityDocument } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { cancel, complete, type Requested, requested, rowId, smallFit } from '../../../testing/upload-steps.ts'
import { usage } from '../../usage/index.ts'
import { users } from '../../users/index.ts'

/** One more than the number of final states. */
const filesOfUser = 5

let app: TestApp
let userCount = 0
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function write({ upload }: Requested, body: Uint8Array): Promise<void> {
  const { userId, id, contentType } = await uploadOf(upload.id)
  await app.app.adapters.bucket.write({
    key: `uploads/${userId}/${id}`,
    contentType,
    contentDisposition: 'attachment',
    body,
  })
}

/** The row, or a placeholder if it was deleted: the object then belongs to no row. */
async function uploadOf(globalId: string) {
  const id = rowId(globalId)
  const row = await app.app.db.prisma.upload.findUnique({ where: { id } })
  return row ?? { userId: 'nobody', id, contentType: 'application/octet-stream' }
}

/** The operations on a requested upload, in any order and number. */
const steps = {
  complete: async (file: Requested, as: string) => {
    await write(file, smallFit)
    await complete(app, as, file.upload.id)
  },
  completeInvalid: async (file: Requested, as: string) => {
    await write(file, new Uint8Array(smallFit.length))
    await complete(app, as, file.upload.id)
  },
  cancel: ({ upload }: Requested, as: string) => cancel(app, as, upload.id),
  delete: ({ activity }: Requested, as: string) =>
    app.run(as, DeleteActivityDocument, { input: { activityId: activity?.id ?? '' } }),
  expire: async ({ upload }: Requested) => {
    const due = { where: { id: rowId(upload.id), status: 'PENDING' as const }, data: { expiresAt: app.now } }
    await app.app.db.prisma.upload.updateMany(due)
    await app.runJob('uploads.sweep')
  },
} satisfies Record<string, (file: Requested, as: string) => Promise<unknown>>
const stepNames = Object.keys(steps) as (keyof typeof steps)[]

const step = fc.record({
  file: fc.nat({ max: filesOfUser - 1 }),
  name: fc.constantFrom(...stepNames),
})
/** Rounds of up to four concurrent steps. */
const program = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })

/** Leaves an upload in each state. */
const everyState: { file: number; name: keyof typeof steps }[][] = [
  [
    { file: 0, name: 'complete' },
    { file: 1, name: 'completeInvalid' },
    { file: 2, name: 'cancel' },
  ],
  [{ file: 3, name: 'expire' }],
]

test('after any concurrent operations STORAGE_BYTES equals the bytes of pending and ready uploads', async () => {
  const outcomes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(program, async (rounds) => {
      userCount += 1
      const as = `owner.${userCount}@example.com`
      const files: Requested[] = []
      for (let n = 0; n < filesOfUser; n += 1) files.push(await requested(app, as))
      for (const round of rounds) {
        await Promise.all(round.map(({ file, name }) => steps[name](files[file] as Requested, as)))
      }
      const { userId, statuses, bytes } = await storedBy(as)
      for (const status of statuses) outcomes.add(status)
      expect(await usedBy(userId)).toEqual({ bytes, uploads: filesOfUser })
    }),
    { numRuns: 12, examples: [[everyState]] },
  )
  expect([...outcomes].toSorted()).toEqual(['CANCELLED', 'EXPIRED', 'PENDING', 'READY', 'REJECTED'])
})

async function storedBy(as: string) {
  const emailIndex = app.app.services(users).emails.indexOf(as)
  const { id: userId, uploads } = await app.app.db.prisma.user.findFirstOrThrow({
    where: { emailIndex },
    include: { uploads: true },
  })
  const counting = uploads.filter(({ status }) => status === 'PENDING' || status === 'READY')
  const bytes = counting.reduce((sum, { byteSize }) => sum + Number(byteSize), 0)
  return { userId, statuses: uploads.map(({ status }) => status), bytes }
}

async function usedBy(userId: string) {
  const usages = (await app.app.services(usage).of(app.app.db.prisma, [userId], app.now)).get(userId) ?? []
  const usedOf = (wanted: string) => usages.find(({ meter }) => meter === wanted)?.used
  return { bytes: usedOf('STORAGE_BYTES'), uploads: usedOf('UPLOADS') }
}
