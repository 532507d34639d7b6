import { existsSync, readFileSync } from 'node:fs'
import { FitBaseType, FitEncoder, type FitEncoderField } from 'fit-file-parser/encoder'
import { describe, expect, it } from 'vitest'
import { encodeFit } from '../../dev/seed/recordings.ts'
import { fitOfMessages } from '../../testing/recordings.ts'
import { readFit } from './fit.ts'
import { crc16 } from './fit-file.ts'

const startedAt = new Date('2026-05-01T06:00:00Z')
const start = FitEncoder.toFitTimestamp(startedAt)
const run = { sport: 'RUNNING', startedAt, seconds: 600 } as const

const u8 = (number: number, value: number) => ({ number, size: 1, baseType: FitBaseType.Uint8, value })
const u16 = (number: number, value: number) => ({ number, size: 2, baseType: FitBaseType.Uint16, value })
const u32 = (number: number, value: number) => ({ number, size: 4, baseType: FitBaseType.Uint32, value })
const s32 = (number: number, value: number) => ({ number, size: 4, baseType: FitBaseType.Sint32, value })
const name = (number: number, value: string) => {
  const bytes = FitEncoder.string(value)
  return { number, size: bytes.length, baseType: FitBaseType.String, value: bytes }
}

/** A FIT file with these messages: number of the message and fields. */
function fitOf(...messages: readonly (readonly [number, readonly FitEncoderField[]])[]): Uint8Array {
  const fit = new FitEncoder()
  for (const [number, fields] of messages) fit.writeMessage(number, [...fields])
  return fit.close()
}

describe('readFit', () => {
  it('reads the totals, the laps and the points of a run', () => {
    const recording = readFit(encodeFit({ ...run, laps: 2, utcOffsetMinutes: 345 }))
    expect(recording).toMatchObject({
      sport: 'RUNNING',
      startedAt,
      utcOffsetMinutes: 345,
      distanceMeters: 1_680,
      durationSeconds: 600,
      movingSeconds: 600,
      averageSpeedMetersPerSecond: 2.8,
      averageHeartRateBpm: 143,
      maxHeartRateBpm: 154,
      averageCadenceRpm: 84,
      caloriesKcal: 100,
      device: 'Garmin Fenix 2',
      laps: [
        { startedAt, distanceMeters: 840, durationSeconds: 300, averageHeartRateBpm: 145 },
        { startedAt: new Date('2026-05-01T06:05:00Z'), distanceMeters: 840, durationSeconds: 300 },
      ],
    })
    expect(recording.track).toHaveLength(601)
    expect(recording.track[300]).toMatchObject({
      elapsedSeconds: 300,
      distanceMeters: 840,
      speedMetersPerSecond: 2.8,
      cadenceRpm: 84,
      powerWatts: null,
    })
  })

  it('returns null for values that an indoor trainer does not measure', () => {
    const recording = readFit(encodeFit({ ...run, sport: 'CYCLING', indoor: true }))
    expect(recording).toMatchObject({
      sport: 'CYCLING',
      distanceMeters: null,
      movingSeconds: null,
      averageSpeedMetersPerSecond: null,
      utcOffsetMinutes: null,
      laps: [{ distanceMeters: null, durationSeconds: 600 }],
    })
    expect(recording.track[0]).toMatchObject({
      latitude: null,
      longitude: null,
      distanceMeters: null,
      heartRateBpm: 110,
    })
  })

  it('adds up the sessions of a triathlon and continues the distance', () => {
    const recording = readFit(
      encodeFit(
        { ...run, sport: 'SWIMMING', metersPerSecond: 1 },
        { ...run, sport: 'CYCLING', startedAt: new Date('2026-05-01T06:12:00Z'), metersPerSecond: 10 },
        { ...run, startedAt: new Date('2026-05-01T06:24:00Z') },
      ),
    )
    expect(recording).toMatchObject({
      sport: 'OTHER',
      distanceMeters: 600 + 6_000 + 1_680,
      durationSeconds: 1_800,
      averageSpeedMetersPerSecond: 4.6,
      caloriesKcal: 300,
      laps: [{ distanceMeters: 600 }, { distanceMeters: 6_000 }, { distanceMeters: 1_680 }],
    })
    expect(recording.track.at(-1)).toMatchObject({ elapsedSeconds: 2_040, distanceMeters: 8_280 })
  })

  it('ignores the transitions of a triathlon when it determines the sport', () => {
    const session = (sport: number, second: number) =>
      [18, [u32(2, start + second), u32(8, 1_000), u8(5, sport)]] as const
    expect(readFit(fitOf(session(1, 0), session(3, 60), session(1, 90)))).toMatchObject({ sport: 'RUNNING' })
    expect(readFit(fitOf(session(1, 0), session(3, 60), session(2, 90)))).toMatchObject({ sport: 'OTHER' })
  })

  it('uses the enhanced fields, the fractional cadence and the moving time if present', () => {
    const recording = readFit(
      fitOf(
        [20, [u32(253, start), u16(2, 3_000), u32(78, 5_000), u16(6, 1_000), u32(73, 3_000), u8(4, 83), u8(53, 64)]],
        [18, [u32(2, start), u32(8, 100_000), u32(59, 90_000), u32(9, 30_000), u16(14, 2_000), u32(124, 3_000)]],
      ),
    )
    expect(recording).toMatchObject({ movingSeconds: 90, averageSpeedMetersPerSecond: 3 })
    expect(recording.track[0]).toMatchObject({ altitudeMeters: 500, speedMetersPerSecond: 3, cadenceRpm: 83.5 })
  })

  it("returns null for FIT's invalid values and for impossible values", () => {
    const recording = readFit(
      fitOf(
        [20, [u32(253, start), s32(0, 0x7fffffff), s32(1, 0x7fffffff), u16(2, 0xffff), u8(3, 0xff), u16(7, 0xffff)]],
        [20, [u32(253, start + 1), s32(0, 0x70000000), s32(1, 5), u16(2, 65_000), u8(3, 0), u16(7, 60_000)]],
        [18, [u32(2, start), u32(8, 0xffffffff), u32(9, 0xffffffff), u16(11, 0xffff), u8(16, 0xff), u16(22, 0xffff)]],
      ),
    )
    for (const point of recording.track) {
      expect(point).toMatchObject({
        latitude: null,
        longitude: null,
        altitudeMeters: point.elapsedSeconds ? 12_500 : null,
      })
      expect(point).toMatchObject({ heartRateBpm: null, powerWatts: null, distanceMeters: null })
    }
    expect(recording).toMatchObject({ distanceMeters: null, caloriesKcal: null, averageHeartRateBpm: null })
    expect(recording).toMatchObject({ durationSeconds: 1, maxHeartRateBpm: null, sport: 'OTHER', device: null })
  })

  it('keeps elapsed time monotonic', () => {
    const recording = readFit(fitOf(...[0, 5, 3, 6].map((second) => [20, [u32(253, start + second)]] as const)))
    expect(recording.track.map((point) => point.elapsedSeconds)).toEqual([0, 5, 5, 6])
  })

  it('derives totals from the points if there is no session, as when the battery was empty', () => {
    const recording = readFit(
      fitOf(
        ...[0, 1, 2, 3].map((second) => [20, [u32(253, start + second), u32(5, second * 300), u8(3, 140)]] as const),
      ),
    )
    expect(recording).toMatchObject({
      distanceMeters: 9,
      durationSeconds: 3,
      movingSeconds: 3,
      averageHeartRateBpm: 140,
    })
  })

  it('names the device as the file does', () => {
    const session = [18, [u32(2, start), u32(8, 1_000)]] as const
    const device = (...fields: FitEncoderField[]) => readFit(fitOf([0, fields], session)).device
    expect(device(u16(1, 1), u16(2, 2697))).toBe('Garmin Fenix 5')
    expect(device(u16(1, 32), name(8, 'ELEMNT\tBOLT'))).toBe('Wahoo ELEMNT BOLT')
    expect(device(u16(1, 294), name(8, 'COROS PACE 3'))).toBe('COROS PACE 3')
    expect(device(u16(1, 255), name(8, 'HealthFit'))).toBe('HealthFit')
    expect(device(u16(1, 60_000))).toBeNull()
  })

  it.each([
    [6, 'a course to follow'],
    [5, 'a workout plan'],
    [2, 'the settings of a device'],
    [200, 'something else'],
  ])('refuses a FIT file of type %d: %s', (type, what) => {
    const file = fitOf([0, [{ number: 0, size: 1, baseType: FitBaseType.Enum, value: type }]], [20, [u32(253, start)]])
    expect(() => readFit(file)).toThrow(`This file holds ${what}, not an activity.`)
  })

  it('refuses an activity without sessions and points, and one without a time', () => {
    expect(() => readFit(fitOf([0, [u16(1, 1)]]))).toThrow('holds no activity')
    expect(() => readFit(fitOf([18, [u32(8, 1_000)]]))).toThrow('does not say when')
  })

  it('refuses a truncated, changed or unfinished file, and one with appended data', () => {
    const file = encodeFit(run)
    const changed = file.with(500, (file[500] ?? 0) ^ 1)
    expect(() => readFit(file.subarray(0, -1))).toThrow('cut off')
    expect(() => readFit(changed)).toThrow('its checksum does not match')
    expect(() => readFit(Uint8Array.of(...file.subarray(0, 4), 0, 0, 0, 0, ...file.subarray(8)))).toThrow(
      'never finished',
    )
    expect(() => readFit(Uint8Array.of(...file, ...file))).toThrow('several recordings')
    expect(() => readFit(Uint8Array.of(...file, 0))).toThrow('longer than its header states')
  })

  it('refuses a file with more messages than a recording has', () => {
    expect(() => readFit(fitOfMessages(1_000_000))).toThrow('This file has more than 1,000,000 messages')
  })

  it('computes CRC-16/ARC: its check value of "123456789" is BB3D', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0xbb3d)
  })
})

const fixtures = new URL('../../../../shared/fixtures/fit/', import.meta.url)

describe.runIf(existsSync(fixtures))('readFit with files of real devices', () => {
  const read = (file: string) => readFit(readFileSync(new URL(file, fixtures)))

  it('reads a run of 9 km', () => {
    const recording = read('activity-small-fenix2-run.fit')
    expect(recording).toMatchObject({
      sport: 'RUNNING',
      startedAt: new Date('2015-08-15T14:45:08Z'),
      utcOffsetMinutes: 120,
      distanceMeters: 9008.22,
      durationSeconds: 2_832,
      elevationGainMeters: 64,
      averageSpeedMetersPerSecond: 3.181,
      caloriesKcal: 516,
      device: 'Garmin Fenix 2',
    })
    expect(recording.track).toHaveLength(2_809)
    expect(recording.laps.map((lap) => lap.distanceMeters)).toEqual([848.94, 2987.88, 2978.79, 2192.61])
  })

  it('reads a run of a minute', () => {
    const recording = read('garmin-fenix-5-run.fit')
    expect(recording).toMatchObject({ distanceMeters: 157.56, durationSeconds: 56.887, averageCadenceRpm: 83.7 })
    expect(recording).toMatchObject({ utcOffsetMinutes: -420, averageHeartRateBpm: 90, device: 'Garmin Fenix 5' })
    expect(recording.track).toHaveLength(21)
  })

  it('reads a ride on a trainer without a distance', () => {
    const recording = read('sample-activity-indoor-trainer.fit')
    expect(recording).toMatchObject({ sport: 'CYCLING', distanceMeters: null, averageSpeedMetersPerSecond: null })
    expect(recording.track).toHaveLength(2_263)
    expect(recording.track[1]).toMatchObject({ powerWatts: 85, heartRateBpm: 81, latitude: null })
  })

  it('refuses a file whose checksum does not match', () => {
    expect(() => read('activity-filecrc.fit')).toThrow('its checksum does not match')
  })
})
