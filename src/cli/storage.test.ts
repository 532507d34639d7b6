import { hash } from 'node:crypto'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { type BucketDoor, openBucketDoor } from '../testing/bucket-door.ts'
import { completed, keyOf, rowId, smallFit, uploadRow } from '../testing/upload-steps.ts'
import { addStorage } from './storage.ts'

const email = 'ada@example.com'

let door: BucketDoor
let app: TestApp
beforeEach(async () => {
  door = await openBucketDoor()
  app = await startTestApp({ config: { bucket: door.bucket } })
})
afterEach(async () => {
  process.exitCode = undefined
  vi.restoreAllMocks()
  await app[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
})

/** Runs the command in this process; main.ts turns a failure into exit code 1. */
async function run(...args: string[]) {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addStorage(program, async () => ({ ...app.app, [Symbol.asyncDispose]: async () => undefined }))
  for (const command of program.commands[0]?.commands ?? []) command.exitOverride()
  process.exitCode = undefined
  const failure = await program.parseAsync(['storage', ...args], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const written = ({ mock }: typeof output) => mock.calls.map(([text]) => String(text)).join('')
  const result = { output: written(output), errors: written(errors), failure, exitCode: process.exitCode }
  process.exitCode = undefined
  output.mockRestore()
  errors.mockRestore()
  return result
}

/** Someone puts other bytes where a file lies, past the server. */
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
  test('the job that reads a recording notes what it has read, and verify finds it unchanged', async () => {
    const { upload } = await completed(app, email)
    expect((await uploadRow(app, upload.id)).sha256).toBeNull()
    await app.runDueJobs()
    expect((await uploadRow(app, upload.id)).sha256).toBe(hash('sha256', smallFit, 'hex'))
    const { output, errors, failure } = await run('verify')
    expect(failure).toBeNull()
    expect(output).toMatch(/as recorded +│ 1/)
    expect(errors).toMatch(/100% \| 1 of 1 files \| \d+\/s/)
  })

  test('a row without a SHA-256 gets the one that is found, and it counts from then on', async () => {
    const { upload } = await completed(app, email)
    const first = await run('verify')
    expect([first.failure, first.output]).toEqual([null, expect.stringMatching(/remembered +│ 1/)])
    await replace(upload.id, otherBytes())
    const second = await run('verify')
    expect(second.output).toMatch(new RegExp(`${rowId(upload.id)} .* of other bytes`))
    expect(second.failure).toContain('1 files are not as their rows say')
    // The worker that reads the file again does not make the new bytes the right ones.
    await app.runDueJobs()
    expect((await run('verify')).failure).toContain('1 files')
  })

  test('it lists what is missing, of another size or of other bytes, and goes on to the end', async () => {
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

  test('a file that is deleted meanwhile is no lie, nor are those of a person who is being erased', async () => {
    const [gone, erased] = [await completed(app, email), await completed(app, 'bo@example.com')]
    const { userId } = await uploadRow(app, erased.upload.id)
    door.onRequest = async (line) => {
      if (line.startsWith('GET'))
        await app.app.db.prisma.activity.deleteMany({ where: { uploadId: rowId(gone.upload.id) } })
      if (line.startsWith('GET')) await app.app.db.prisma.upload.deleteMany({ where: { id: rowId(gone.upload.id) } })
    }
    for (const { upload } of [gone, erased]) await app.app.adapters.bucket.delete(await keyOf(app, upload.id))
    await app.app.db.prisma.user.update({ where: { id: userId }, data: { standing: 'DELETING' } })
    const { output, failure } = await run('verify')
    expect([failure, output]).toEqual([null, expect.stringMatching(/deleted meanwhile +│ 2/)])
  })

  test('Ctrl-C ends it after the files at hand; the next run goes on there, and forgets no lie', async () => {
    for (let at = 0; at < 4; at += 1) await completed(app, email)
    const [first] = await app.app.db.prisma.upload.findMany({ orderBy: { id: 'asc' } })
    await app.app.adapters.bucket.delete(`uploads/${first?.userId}/${first?.id}`)
    door.onRequest = async (line) => void (line.startsWith('GET') && process.emit('SIGINT'))
    const stopped = await run('verify', '--parallel', '1')
    expect(stopped).toMatchObject({ exitCode: 130, errors: expect.stringContaining('Stopped. Run the command again') })
    door.onRequest = null
    const rest = await run('verify')
    expect(rest.errors).toContain(`Goes on where the run of ${app.now.toISOString()} was stopped`)
    expect(rest.output).toMatch(/remembered +│ 3/)
    expect(rest.failure).toContain('1 files')
    const anew = await run('verify', '--restart')
    expect(anew.output).toMatch(/missing +│ 1/)
    expect(anew.output).toMatch(/as recorded +│ 3/)
  })

  test('a bucket that is away ends it with nothing said of the files', async () => {
    await completed(app, email)
    await using away = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { bucket: { ...door.bucket, secretAccessKey: 'wrong' } },
    })
    const program = new Command()
    addStorage(program, async () => ({ ...away.app, [Symbol.asyncDispose]: async () => undefined }))
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await expect(program.parseAsync(['storage', 'verify'], { from: 'user' })).rejects.toThrow(
      'The file store does not answer',
    )
    vi.restoreAllMocks()
    expect((await run('verify')).output).toMatch(/remembered +│ 1/)
  })
})
