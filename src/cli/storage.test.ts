import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { type BucketProxy, startBucketProxy } from '../testing/bucket-proxy.ts'
import { keepOpen, runCommand } from '../testing/run-command.ts'
import { completed, keyOf, rowId, smallFit, uploadRow } from '../testing/upload-steps.ts'
import { addStorage } from './storage.ts'

const email = 'ada@example.com'

let proxy: BucketProxy
let app: TestApp
beforeEach(async () => {
  proxy = await startBucketProxy()
  app = await startTestApp({ config: { bucket: proxy.bucket } })
})
afterEach(async () => {
  await app[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
})

const run = (...args: string[]) => runCommand((program) => addStorage(program, keepOpen(app.app)), ['storage', ...args])

/** Overwrites a file in the bucket without the server. */
async function replace(uploadId: string, body: Uint8Array): Promise<void> {
  const object = { key: await keyOf(app, uploadId), contentType: 'application/octet-stream', contentDisposition: '' }
  await app.app.adapters.bucket.write({ ...object, body })
}

const otherBytes = () => {
  const bytes = new Uint8Array(smallFit)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}

describe('storage verify', () => {
  test('compares files with the SHA-256 that the reading job recorded', async () => {
    const { upload } = await completed(app, email)
    expect((await uploadRow(app, upload.id)).sha256).toBeNull()
    await app.runDueJobs()
    expect((await uploadRow(app, upload.id)).sha256).toBe(hash('sha256', smallFit, 'hex'))
    const { output, errors, failure } = await run('verify')
    expect(failure).toBeNull()
    expect(output).toMatch(/as recorded +│ 1/)
    expect(errors).toMatch(/100% \| 1 of 1 files \| \d+\/s/)
  })

  test('records the SHA-256 of a file whose row has none, and compares with it from then on', async () => {
    const { upload } = await completed(app, email)
    const first = await run('verify')
    expect([first.failure, first.output]).toEqual([null, expect.stringMatching(/remembered +│ 1/)])
    await replace(upload.id, otherBytes())
    const second = await run('verify')
    expect(second.output).toMatch(new RegExp(`${rowId(upload.id)} .* of other bytes`))
    expect(second.failure).toContain('1 file does not match its row')
    // A worker that reads the file again does not record the digest of the new bytes.
    await app.runDueJobs()
    expect((await run('verify')).failure).toContain('1 file ')
  })

  test('lists missing and changed files and checks all others', async () => {
    const files = []
    for (let at = 0; at < 5; at += 1) files.push((await completed(app, email)).upload.id)
    await app.runDueJobs()
    const [missing = '', short = '', other = ''] = files
    await app.app.adapters.bucket.delete(await keyOf(app, missing))
    await replace(short, smallFit.subarray(1))
    await replace(other, otherBytes())
    const { output, failure } = await run('verify', '--parallel', '2')
    for (const [id, what] of [
      [missing, 'missing'],
      [short, 'of another size'],
      [other, 'of other bytes'],
    ] as const) {
      expect(output).toMatch(new RegExp(`${rowId(id)} .* ${what} +│`))
    }
    expect(output).toMatch(/as recorded +│ 2/)
    expect(failure).toContain('3 files')
  })

  test('reports no mismatch for files that are deleted meanwhile or belong to a user who is being erased', async () => {
    const [deleted, erased] = [await completed(app, email), await completed(app, 'bo@example.com')]
    const { userId } = await uploadRow(app, erased.upload.id)
    proxy.onRequest = async (line) => {
      if (!line.startsWith('GET')) return
      await app.app.db.prisma.activity.deleteMany({ where: { uploadId: rowId(deleted.upload.id) } })
      await app.app.db.prisma.upload.deleteMany({ where: { id: rowId(deleted.upload.id) } })
    }
    for (const { upload } of [deleted, erased]) await app.app.adapters.bucket.delete(await keyOf(app, upload.id))
    await app.app.db.prisma.user.update({ where: { id: userId }, data: { standing: 'DELETING' } })
    const { output, failure } = await run('verify')
    expect([failure, output]).toEqual([null, expect.stringMatching(/deleted meanwhile +│ 2/)])
  })

  test('Ctrl-C stops after the current files; the next run continues and keeps the mismatches found', async () => {
    for (let at = 0; at < 4; at += 1) await completed(app, email)
    const [first] = await app.app.db.prisma.upload.findMany({ orderBy: { id: 'asc' } })
    await app.app.adapters.bucket.delete(`uploads/${first?.userId}/${first?.id}`)
    proxy.onRequest = async (line) => void (line.startsWith('GET') && process.emit('SIGINT'))
    const stopped = await run('verify', '--parallel', '1')
    expect(stopped).toMatchObject({ exitCode: 130, errors: expect.stringContaining('Stopped. Run the command again') })
    proxy.onRequest = null
    const rest = await run('verify')
    expect(rest.errors).toContain(`Continuing the run that stopped at ${app.now.toISOString()}`)
    expect(rest.output).toMatch(/remembered +│ 3/)
    expect(rest.failure).toContain('1 file ')
    const restarted = await run('verify', '--restart')
    expect(restarted.output).toMatch(/missing +│ 1/)
    expect(restarted.output).toMatch(/as recorded +│ 3/)
  })

  test('stops if the bucket is unavailable and records nothing about the files', async () => {
    await completed(app, email)
    await using wrongKey = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { bucket: { ...proxy.bucket, secretAccessKey: 'wrong' } },
    })
    const { failure } = await runCommand(
      (program) => addStorage(program, keepOpen(wrongKey.app)),
      ['storage', 'verify'],
    )
    expect(failure).toContain('The file store is temporarily unavailable')
    expect((await run('verify')).output).toMatch(/remembered +│ 1/)
  })
})
