import { execFile } from 'node:child_process'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unzip } from '../../testing/unzip.ts'
import { type ZippedFile, zip } from './zip.ts'

const at = new Date('2026-11-21T09:30:00Z')

async function* filesOf(...files: ZippedFile[]): AsyncGenerator<ZippedFile> {
  yield* files
}

test('contains all files, with names in any script and empty files; can be empty', async () => {
  const files = [
    { path: 'README.txt', text: 'Hello' },
    { path: 'a/한강.json', text: `"${'x🏃'.repeat(200_000)}"` },
    { path: 'empty.json', text: '' },
  ]
  expect([...(await unzip(await buffer(zip(filesOf(...files), at))))]).toEqual(
    files.map(({ path, text }) => [path, text]),
  )
  expect([...(await unzip(await buffer(zip(filesOf(), at))))]).toEqual([])
})

test('requests a file only after the previous files were written', async () => {
  let requested = 0
  async function* many(): AsyncGenerator<ZippedFile> {
    // Incompressible, so that unread output fills the buffers.
    for (; requested < 100; requested++) yield { path: `${requested}`, text: Buffer.from(noise()).toString('latin1') }
  }
  const output = zip(many(), at)
  for (let turn = 0; turn < 200; turn++) await setImmediate()
  expect(requested).toBeLessThan(5)
  expect((await unzip(await buffer(output))).size).toBe(100)
})

// In a separate process, so that no other memory of this process is measured. How many files are on their way varies, so
// the least of ten measurements counts: kept files would be in each of them.
test('releases the memory of files that were read', async () => {
  const program = `
    import { zip } from ${JSON.stringify(new URL('zip.ts', import.meta.url).href)}
    const megabytes = 4
    const used = () => (gc(), process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers)
    let least = Infinity
    async function* many() {
      const before = used()
      for (let at = 0; at < 40; at++) {
        yield { path: String(at), text: 'x'.repeat(megabytes * 1e6) }
        if (at >= 30) least = Math.min(least, used() - before)
      }
    }
    for await (const _ of zip(many(), new Date(0)));
    console.log(least / 1e6 / megabytes)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', program])
  expect(Number(stdout)).toBeLessThan(5)
})

test('fails with the error of its files', async () => {
  async function* failing(): AsyncGenerator<ZippedFile> {
    yield { path: 'a', text: 'a' }
    throw new Error('the database is unavailable')
  }
  await expect(buffer(zip(failing(), at))).rejects.toThrow('the database is unavailable')
})

test('ends the iteration of the files when the reader stops', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  async function* endless(): AsyncGenerator<ZippedFile> {
    try {
      for (let at = 0; ; at++) yield { path: `${at}`, text: Buffer.from(noise()).toString('latin1') }
    } finally {
      resolve()
    }
  }
  for await (const _ of zip(endless(), at)) break
  await ended
})

function noise(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(65_536))
}
