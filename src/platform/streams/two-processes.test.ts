import { expect, onTestFinished, test } from 'vitest'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { startProgram } from '../../testing/process.ts'
import { createdStream, openStreamParts } from '../../testing/stream-parts.ts'
import { chunkText, type StreamProcess } from '../../testing/stream-process.ts'
import { newKey } from '../encryption/encryptor.ts'

const chunks = 1_000
const pauseEvery = 250

test('a reader whose connections are cut three times has all of 1,000 chunks that another process appends', {
  timeout: 120_000,
}, async () => {
  await using database = await cloneDatabase()
  await using pooled = await startPostgresProxy(database.url)
  await using direct = await startPostgresProxy(directUrlOf(database.url))
  const parts = { url: database.url, directUrl: directUrlOf(database.url), encryptionKey: newKey() }
  await using own = openStreamParts(parts)
  const stream = await createdStream(own)
  const start = (argument: Pick<StreamProcess, 'role' | 'parts'>) => {
    const whole: StreamProcess = { ...argument, stream, chunks, pauseEvery }
    const program = startProgram(['src/testing/stream-process.ts', JSON.stringify(whole)], {})
    onTestFinished(() => program[Symbol.asyncDispose]())
    return program
  }
  const through = { url: pooled.through(parts.url), directUrl: direct.through(parts.directUrl) }
  const reader = start({ role: 'read', parts: { ...parts, ...through } })
  await reader.waitForOutput(/read 0/)
  const writer = start({ role: 'write', parts })

  for (const count of [1, 2, 3]) {
    await writer.waitForOutput(new RegExp(`wrote ${count * pauseEvery}\n`))
    await reader.waitForOutput(new RegExp(`read ${count * pauseEvery}\n`))
    // The writer continues while the reader has no connection.
    expect(direct.cut()).toBeGreaterThan(0)
    pooled.cut()
    writer.kill('SIGUSR2')
  }
  expect(await writer.ended).toBe(0)
  const [, text = ''] = await reader.waitForOutput(/text (".*")\n/)
  expect(JSON.parse(text)).toBe(Array.from({ length: chunks }, (_, index) => chunkText(index + 1)).join(''))
  expect(await reader.ended).toBe(0)
})
