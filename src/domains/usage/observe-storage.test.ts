import { expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { samplesIn } from '../../testing/metric-samples.ts'

const storage = async ({ app }: TestApp) => samplesIn((await app.metrics.expose()).text, 'storage_bytes_')

test('storage_bytes_used is read at most every five minutes, and storage_bytes_limit is the setting', async () => {
  await using app = await startTestApp({ config: { storageBytesLimit: 5_000 } })
  expect(await storage(app)).toEqual({ used: 0, limit: 5_000 })
  for (const [email, bytes] of [
    ['ann@example.com', 1_000],
    ['bob@example.com', 2 ** 40],
  ] as const) {
    const { id: userId } = await createUser(app, email)
    const amounts = { STORAGE_BYTES: bytes, UPLOADS: 1 }
    await app.app.db.transaction((tx) =>
      tx.usageCounter.createMany({
        data: Object.entries(amounts).map(([meter, used]) => ({
          userId,
          meter: meter as keyof typeof amounts,
          period: 'TOTAL' as const,
          used,
          startsAt: app.now,
        })),
      }),
    )
  }
  expect(await storage(app)).toMatchObject({ used: 0 })
  await using later = await startTestApp({ databaseUrl: app.databaseUrl })
  expect(await storage(later)).toEqual({ used: 1_000 + 2 ** 40 })
})
