import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFit } from '../../dev/seed/recordings.ts'
import type { Recording } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { encodeGpx, encodeTcx } from '../../testing/recordings.ts'
import { crc16 } from './fit-file.ts'
import { readRecording } from './read-recording.ts'

const run = { sport: 'RUNNING', startedAt: new Date('2026-05-01T06:00:00Z'), seconds: 60 } as const
const fit = encodeFit(run)
const gpx = encodeGpx(run)
const bytes = (text: string) => new TextEncoder().encode(text)

/** The recording, or null if it is unreadable. Any other error fails the test. */
function tryRead(file: Uint8Array): Recording | null {
  try {
    return readRecording(file)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableRecording)
    expect((error as Error).message).toMatch(/^[A-Z].*[.]$/)
    return null
  }
}

function expectPlausible(recording: Recording): void {
  const within = (value: number | null, min: number, max: number) => {
    if (value !== null && !(value >= min && value <= max)) expect.fail(`${value} is not within ${min} and ${max}`)
  }
  within(recording.startedAt.getTime(), 0, Date.UTC(2200, 0))
  within(recording.utcOffsetMinutes, -840, 840)
  within(recording.distanceMeters, 0.001, 1e7)
  within(recording.durationSeconds, 0.001, 1e7)
  within(recording.movingSeconds, 0, recording.durationSeconds ?? 1e7)
  within(recording.elevationGainMeters, 0, 1e5)
  within(recording.averageSpeedMetersPerSecond, 0, 400)
  within(recording.averageHeartRateBpm, 1, 300)
  within(recording.maxHeartRateBpm, 1, 300)
  within(recording.averageCadenceRpm, 0, 500)
  within(recording.caloriesKcal, 0, 1e6)
  expect(recording.device ?? 'a').toMatch(/^\P{Cc}{1,100}$/u)
  for (const lap of recording.laps) {
    within(lap.startedAt.getTime(), 0, Date.UTC(2200, 0))
    within(lap.durationSeconds, 0.001, 1e7)
    within(lap.distanceMeters, 0.001, 1e7)
  }
  let elapsed = 0
  for (const point of recording.track) {
    within(point.elapsedSeconds, elapsed, 1e7)
    elapsed = point.elapsedSeconds
    within(point.latitude, -90, 90)
    within(point.longitude, -180, 180)
    within(point.altitudeMeters, -1_000, 20_000)
    within(point.distanceMeters, 0, 1e7)
    within(point.heartRateBpm, 1, 300)
    within(point.speedMetersPerSecond, 0, 400)
    within(point.cadenceRpm, 0, 500)
    within(point.powerWatts, 0, 10_000)
  }
}

describe('readRecording', () => {
  it('detects the format by the content', () => {
    expect(readRecording(fit).device).toBe('Garmin Fenix 2')
    expect(readRecording(gpx).device).toBe('Garmin Connect')
    expect(readRecording(encodeTcx(run)).device).toBe('Garmin Fenix 2')
  })

  it('reads XML with a byte order mark, UTF-16, leading white space or comments, and namespace prefixes', () => {
    const text = new TextDecoder().decode(gpx)
    const utf16 = () => Buffer.from(`\ufeff${text}`, 'utf16le')
    const files: Uint8Array[] = [bytes(`\ufeff${text}`), utf16(), utf16().swap16(), bytes(`\n  ${text}`)]
    files.push(bytes(text.replace('<gpx', '<!-- of a watch --><gpx')))
    files.push(bytes(text.replace('<gpx', '<g:gpx xmlns:g="g"').replace('</gpx>', '</g:gpx>')))
    for (const file of files) expect(readRecording(file).track).toHaveLength(61)
  })

  it.each([
    ['an empty file', new Uint8Array(), 'empty'],
    ['an archive', bytes('PK\u0003\u0004'), 'compressed'],
    ['a compressed FIT file', Uint8Array.of(0x1f, 0x8b, 8), 'compressed'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'not a FIT, GPX or TCX'],
    ['an HTML page', bytes('<!DOCTYPE html><html></html>'), 'not a FIT, GPX or TCX'],
    ['a KML file', bytes('<?xml version="1.0"?><kml></kml>'), 'not a FIT, GPX or TCX'],
    ['an unclosed comment', bytes('<!-- <gpx>'), 'not a FIT, GPX or TCX'],
  ])('refuses %s', (_, file, message) => {
    expect(() => readRecording(file)).toThrow(message)
  })

  it('refuses a FIT file truncated at any length', () => {
    for (let length = 0; length < fit.length; length++) expect(tryRead(fit.subarray(0, length))).toBeNull()
  })

  it('refuses a FIT file with one or two changed adjacent bytes', () => {
    // A 16-bit CRC detects every error burst of up to 16 bits.
    const change = fc.record({
      at: fc.nat(fit.length - 2),
      first: fc.integer({ min: 1, max: 255 }),
      second: fc.nat(255),
    })
    fc.assert(
      fc.property(change, ({ at, first, second }) => {
        const changed = fit.slice()
        changed[at] = (fit[at] ?? 0) ^ first
        changed[at + 1] = (fit[at + 1] ?? 0) ^ second
        expect(tryRead(changed)).toBeNull()
      }),
      { numRuns: 2_000 },
    )
  })

  it('returns plausible values or UnreadableRecording for changed FIT files with a valid checksum', () => {
    const changes = fc.array(fc.tuple(fc.integer({ min: 14, max: fit.length - 3 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(changes, (list) => {
        const changed = fit.slice()
        for (const [at, value] of list) changed[at] = value
        new DataView(changed.buffer).setUint16(changed.length - 2, crc16(changed.subarray(0, -2)), true)
        const recording = tryRead(changed)
        if (recording) expectPlausible(recording)
      }),
      { numRuns: 1_500 },
    )
  })

  it('returns plausible values or UnreadableRecording for XML with changed bytes', () => {
    const short = encodeGpx({ ...run, seconds: 3 })
    const changes = fc.array(fc.tuple(fc.nat(short.length - 1), fc.integer({ min: 32, max: 126 })), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(changes, (list) => {
        const changed = short.slice()
        for (const [at, value] of list) changed[at] = value
        const recording = tryRead(changed)
        if (recording) expectPlausible(recording)
      }),
      { numRuns: 1_000 },
    )
  })

  it('throws only UnreadableRecording for random bytes, with and without the start of a format', () => {
    const beginnings = [
      '',
      '<',
      '<gpx>',
      '<?xml version="1.0"?><gpx><trk>',
      '<TrainingCenterDatabase>',
      '\u000e\u0010aaaaaaa',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
        const recording = tryRead(Uint8Array.of(...bytes(beginning), ...rest))
        if (recording) expectPlausible(recording)
      }),
      { numRuns: 1_000 },
    )
    const header = Uint8Array.of(14, 0x20, 0, 0)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (data) => {
        const file = Uint8Array.of(
          ...header,
          data.length % 256,
          data.length >> 8,
          0,
          0,
          ...bytes('.FIT'),
          0,
          0,
          ...data,
          0,
          0,
        )
        new DataView(file.buffer).setUint16(file.length - 2, crc16(file.subarray(0, -2)), true)
        const recording = tryRead(file)
        if (recording) expectPlausible(recording)
      }),
      { numRuns: 1_000 },
    )
  })
})
