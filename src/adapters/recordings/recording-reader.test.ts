import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { encodeFit } from '../../dev/seed/recordings.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { encodeGpx } from '../../testing/recordings.ts'
import { readRecording } from './read-recording.ts'
import { createRecordingReader } from './recording-reader.ts'

const run = { sport: 'RUNNING', startedAt: new Date('2026-05-01T06:00:00Z'), seconds: 600 } as const
const generous = { timeoutMs: 60_000, maxMemoryMb: 512 }
const unreadable = (message: string) => expect.objectContaining({ constructor: UnreadableRecording, message })

describe('createRecordingReader', { timeout: 60_000 }, () => {
  it('returns the result of readRecording for concurrent calls', async () => {
    await using reader = createRecordingReader(generous)
    const files = [encodeFit(run), encodeGpx(run), encodeFit({ ...run, indoor: true }), encodeGpx({ ...run, laps: 3 })]
    const recordings = await Promise.all(files.map((file) => reader.read(file)))
    expect(recordings).toEqual(files.map(readRecording))
  })

  it('does not change the bytes of the caller, also if they are part of a larger buffer', async () => {
    await using reader = createRecordingReader(generous)
    const file = encodeFit(run)
    const larger = Uint8Array.of(1, 2, 3, ...file, 4, 5)
    await expect(reader.read(larger.subarray(3, -2))).resolves.toMatchObject({ distanceMeters: 1_680 })
    expect(larger).toEqual(Uint8Array.of(1, 2, 3, ...file, 4, 5))
  })

  it('passes the message of UnreadableRecording out of the thread', async () => {
    await using reader = createRecordingReader(generous)
    const damaged = encodeFit(run).fill(7, 100, 102)
    await expect(reader.read(damaged)).rejects.toEqual(
      unreadable(
        'This file is damaged: its checksum does not match. Export it again from your device or app and upload it again.',
      ),
    )
  })

  it('times out for slow files; waiting for a thread does not count', async () => {
    await using reader = createRecordingReader({ ...generous, timeoutMs: 3_000 })
    // The parser's check of attributes is quadratic: it would take minutes.
    const slow = new TextEncoder().encode(`<gpx ${Array.from({ length: 1_500_000 }, (_, n) => `a${n}=""`).join(' ')}/>`)
    const files = [slow, slow, encodeFit(run)]
    const [first, second, waiting] = await Promise.allSettled(files.map((file) => reader.read(file)))
    const tooLong = unreadable('This file takes too long to read. Split the recording and upload its parts.')
    expect([first, second]).toEqual(Array(2).fill({ status: 'rejected', reason: tooLong }))
    expect(waiting).toMatchObject({ status: 'fulfilled', value: { distanceMeters: 1_680 } })
  })

  it('refuses a file that needs too much memory and reads the next one', async () => {
    await using reader = createRecordingReader({ ...generous, maxMemoryMb: 64 })
    const large = new TextEncoder().encode(`<gpx>${'<a/>'.repeat(2_000_000)}</gpx>`)
    await expect(reader.read(large)).rejects.toEqual(
      unreadable('This file is too large to read. Split the recording and upload its parts.'),
    )
    await expect(reader.read(encodeFit(run))).resolves.toMatchObject({ distanceMeters: 1_680 })
  })

  it('does not block the event loop', async () => {
    await using reader = createRecordingReader(generous)
    const file = encodeGpx({ ...run, seconds: 20_000 })
    const started = performance.now()
    let turns = 0
    const reading = reader.read(file)
    const isDone = reading.then(() => true)
    while (!(await Promise.race([isDone, setTimeout(10, false)]))) turns++
    // On the main thread it would be one turn.
    expect(turns).toBeGreaterThan((performance.now() - started) / 100)
    await expect(reading).resolves.toMatchObject({ durationSeconds: 20_000 })
  })

  it('fails with another error than UnreadableRecording after it was disposed of', async () => {
    const reader = createRecordingReader(generous)
    const readings = Array.from({ length: 4 }, () => reader.read(encodeGpx({ ...run, seconds: 5_000 })))
    const results = Promise.allSettled(readings)
    await reader[Symbol.asyncDispose]()
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(Error) })
      expect(result).not.toMatchObject({ reason: expect.any(UnreadableRecording) })
    }
    await expect(reader.read(encodeFit(run))).rejects.toThrow('closed')
  })
})
