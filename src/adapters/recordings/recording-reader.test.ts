import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { encodeFit } from '../../dev/seed/recordings.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { encodeGpx, fitOfMessages } from '../../testing/recordings.ts'
import { readRecording } from './read-recording.ts'
import { createRecordingReader } from './recording-reader.ts'

const run = { sport: 'RUNNING', startedAt: new Date('2026-05-01T06:00:00Z'), seconds: 600 } as const
const generous = { timeoutMs: 60_000, maxMemoryMb: 512 }
const { signal } = new AbortController()
const unreadable = (message: string) => expect.objectContaining({ constructor: UnreadableRecording, message })

describe('createRecordingReader', { timeout: 60_000 }, () => {
  it('returns the result of readRecording for concurrent calls', async () => {
    await using reader = createRecordingReader(generous)
    const files = [encodeFit(run), encodeGpx(run), encodeFit({ ...run, indoor: true }), encodeGpx({ ...run, laps: 3 })]
    const recordings = await Promise.all(files.map((file) => reader.read(file, signal)))
    expect(recordings).toEqual(files.map(readRecording))
  })

  it('does not change the bytes of the caller, also if they are part of a larger buffer', async () => {
    await using reader = createRecordingReader(generous)
    const file = encodeFit(run)
    const larger = Uint8Array.of(1, 2, 3, ...file, 4, 5)
    await expect(reader.read(larger.subarray(3, -2), signal)).resolves.toMatchObject({ distanceMeters: 1_680 })
    expect(larger).toEqual(Uint8Array.of(1, 2, 3, ...file, 4, 5))
  })

  it('passes the message of UnreadableRecording out of the child', async () => {
    await using reader = createRecordingReader(generous)
    const damaged = encodeFit(run).fill(7, 100, 102)
    await expect(reader.read(damaged, signal)).rejects.toEqual(
      unreadable(
        'This file is damaged: its checksum does not match. Export it again from your device or app and upload it again.',
      ),
    )
  })

  it.runIf(process.platform === 'linux')('times out for a slow file, and reads others meanwhile', async () => {
    await using reader = createRecordingReader({ ...generous, timeoutMs: 10_000 })
    const reading = reader.read(encodeGpx({ ...run, seconds: 20_000 }), signal)
    process.kill(await nextReader(), 'SIGSTOP')
    await expect(reader.read(encodeFit(run), signal)).resolves.toMatchObject({ distanceMeters: 1_680 })
    await expect(reading).rejects.toEqual(
      unreadable('This file takes too long to read. Split the recording and upload its parts.'),
    )
  })

  it.runIf(process.platform === 'linux')(
    'ends with the signal, whose reason it throws, and so does its child',
    async () => {
      await using reader = createRecordingReader(generous)
      const abort = new AbortController()
      const reading = reader.read(encodeGpx({ ...run, seconds: 20_000 }), abort.signal)
      const pid = await nextReader()
      const reason = new Error('The worker is stopping.')
      abort.abort(reason)
      await expect(reading).rejects.toBe(reason)
      expect(readers()).not.toContain(pid)
    },
  )

  it.runIf(process.platform === 'linux')('fails with another error where its child is killed', async () => {
    await using reader = createRecordingReader(generous)
    const reading = reader.read(encodeGpx({ ...run, seconds: 20_000 }), signal)
    process.kill(await nextReader(), 'SIGKILL')
    await expect(reading).rejects.toMatchObject({ failure: 'killed' })
  })

  it('refuses a file that needs too much memory and reads the next one', async () => {
    await using reader = createRecordingReader({ ...generous, maxMemoryMb: 64 })
    // Each becomes an object.
    const large = fitOfMessages(900_000)
    await expect(reader.read(large, signal)).rejects.toEqual(
      unreadable('This file is too large to read. Split the recording and upload its parts.'),
    )
    await expect(reader.read(encodeFit(run), signal)).resolves.toMatchObject({ distanceMeters: 1_680 })
  })

  it('does not block the event loop', async () => {
    await using reader = createRecordingReader(generous)
    const file = encodeGpx({ ...run, seconds: 20_000 })
    const started = performance.now()
    let turns = 0
    const reading = reader.read(file, signal)
    const isDone = reading.then(() => true)
    while (!(await Promise.race([isDone, setTimeout(10, false)]))) turns++
    // On the main thread it would be one turn.
    expect(turns).toBeGreaterThan((performance.now() - started) / 100)
    await expect(reading).resolves.toMatchObject({ durationSeconds: 20_000 })
  })

  it('fails with another error than UnreadableRecording after it was disposed of', async () => {
    const reader = createRecordingReader(generous)
    const readings = Array.from({ length: 4 }, () => reader.read(encodeGpx({ ...run, seconds: 5_000 }), signal))
    const results = Promise.allSettled(readings)
    await reader[Symbol.asyncDispose]()
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(Error) })
      expect(result).not.toMatchObject({ reason: expect.any(UnreadableRecording) })
    }
    await expect(reader.read(encodeFit(run), signal)).rejects.toThrow('closed')
  })
})

/** The processes that read a recording for this one. */
function readers(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return children.filter((child) => {
    const command = `/proc/${child}/cmdline`
    return existsSync(command) && readFileSync(command, 'utf8').includes('read-in-child')
  })
}

async function nextReader(): Promise<number> {
  await expect.poll(readers, { timeout: 10_000 }).toHaveLength(1)
  return readers()[0] ?? Number.NaN
}
