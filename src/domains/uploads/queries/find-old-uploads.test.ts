import { expect, test } from 'vitest'
import { startTestApp } from '../../../testing/app.ts'
import { completed, requested, rowId, sent } from '../../../testing/upload-steps.ts'
import { discardUpload, findOldUploads, lockUploads } from '../index.ts'

const dayMs = 86_400_000

test('findOldUploads reads the stored files of a kind that are older, in pages, which can then be discarded', async () => {
  await using app = await startTestApp()
  const { db } = app.app
  const before = new Date(app.now.getTime() - 30 * dayMs)
  const of = async (email: string) => rowId((await completed(app, email)).upload.id)
  const [one, other, young] = [await of('ann@example.com'), await of('bea@example.com'), await of('ann@example.com')]
  const { upload: pending } = await requested(app, 'ann@example.com')
  const { upload: sound } = await sent(app, 'ann@example.com', Buffer.alloc(60), { kind: 'AUDIO', contentType: '' })
  const old = [one, other, rowId(pending.id), rowId(sound.id)]
  const createdAt = new Date(before.getTime() - 1)
  await db.prisma.upload.updateMany({ where: { id: { in: old } }, data: { createdAt } })
  await db.prisma.upload.updateMany({ where: { id: rowId(sound.id) }, data: { status: 'READY', expiresAt: null } })
  await db.prisma.upload.update({ where: { id: young }, data: { createdAt: before } })

  const page = (kind: string, afterId: string | null, limit = 1) =>
    findOldUploads(db.prisma, { kind, before, afterId, limit })
  const [first] = await page('ACTIVITY', null)
  const [second] = await page('ACTIVITY', first?.id ?? null)
  expect([first?.id, second?.id]).toEqual([one, other].sort())
  expect(await page('ACTIVITY', second?.id ?? null)).toEqual([])
  const { userId } = await db.prisma.upload.findUniqueOrThrow({ where: { id: rowId(sound.id) } })
  expect(await page('AUDIO', null, 10)).toEqual([{ id: rowId(sound.id), userId }])

  const used = async () =>
    Number((await db.prisma.usageCounter.findFirstOrThrow({ where: { userId, meter: 'STORAGE_BYTES' } })).used)
  const usedBefore = await used()
  await db.transaction(async (tx) => {
    await lockUploads(tx, [rowId(sound.id)])
    await discardUpload(tx, rowId(sound.id), app.now)
  })
  expect(await page('AUDIO', null, 10)).toEqual([])
  expect(await used()).toBe(usedBefore - 60)
})
