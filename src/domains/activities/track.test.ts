import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TrackPoint } from './ports.ts'
import { decodeTrack, encodeTrack, thinTrack } from './track.ts'

const nothing: TrackPoint = {
  elapsedSeconds: 0,
  latitude: null,
  longitude: null,
  altitudeMeters: null,
  distanceMeters: null,
  heartRateBpm: null,
  speedMetersPerSecond: null,
  cadenceRpm: null,
  powerWatts: null,
}

/** Multiples of a column's step: only those are preserved exactly. */
function steps(min: number, max: number, scale: number) {
  return fc.integer({ min: min * scale, max: max * scale }).map((value) => value / scale)
}

function maybe(values: fc.Arbitrary<number>) {
  return fc.option(values, { nil: null, freq: 3 })
}

const anyPoint: fc.Arbitrary<TrackPoint> = fc.record({
  elapsedSeconds: steps(0, 10_000_000, 1_000),
  latitude: maybe(steps(-90, 90, 10_000_000)),
  longitude: maybe(steps(-180, 180, 10_000_000)),
  altitudeMeters: maybe(steps(-1_000, 20_000, 10)),
  distanceMeters: maybe(steps(0, 9_999_999, 100)),
  heartRateBpm: maybe(steps(1, 300, 1)),
  speedMetersPerSecond: maybe(steps(0, 400, 1_000)),
  cadenceRpm: maybe(steps(0, 500, 10)),
  powerWatts: maybe(steps(0, 10_000, 1)),
})

describe('encodeTrack and decodeTrack', () => {
  it('preserve every point', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 40 }), (points) => {
        expect(decodeTrack(encodeTrack(points))).toEqual(points)
      }),
    )
  })

  it('distinguish 0 from values that were not measured', () => {
    const points = [nothing, { ...nothing, powerWatts: 0 }, { ...nothing, elapsedSeconds: 2 }]
    expect(decodeTrack(encodeTrack(points))).toEqual(points)
  })

  it('round to the step of a column', () => {
    const [point] = decodeTrack(encodeTrack([{ ...nothing, latitude: 52.123456789, altitudeMeters: 34.56 }]))
    expect(point).toMatchObject({ latitude: 52.1234568, altitudeMeters: 34.6 })
  })

  it('need almost no bytes for missing columns and for steady movement', () => {
    const indoors = Array.from({ length: 3_600 }, (_, elapsedSeconds) => ({ ...nothing, elapsedSeconds }))
    expect(encodeTrack(indoors).length).toBeLessThan(40)
  })

  it('reject values that are not finite numbers', () => {
    expect(() => encodeTrack([{ ...nothing, elapsedSeconds: Number.NaN }])).toThrow(RangeError)
    expect(() => encodeTrack([{ ...nothing, powerWatts: Number.POSITIVE_INFINITY }])).toThrow(RangeError)
  })

  it('reject data of another version, and truncated data', () => {
    const data = encodeTrack([nothing, nothing])
    expect(() => decodeTrack(Uint8Array.of(2, ...data.subarray(1)))).toThrow('version 2')
    expect(() => decodeTrack(data.subarray(0, -1))).toThrow()
    expect(() => decodeTrack(new Uint8Array())).toThrow(RangeError)
  })
})

describe('thinTrack', () => {
  const track = Array.from({ length: 1_000 }, (_, elapsedSeconds) => ({ ...nothing, elapsedSeconds }))
  const seconds = (points: readonly TrackPoint[]) => points.map((point) => point.elapsedSeconds)

  it('selects points evenly, including the first and the last', () => {
    expect(seconds(thinTrack(track, 1))).toEqual([0])
    expect(seconds(thinTrack(track, 2))).toEqual([0, 999])
    expect(seconds(thinTrack(track, 4))).toEqual([0, 333, 666, 999])
  })

  it('returns a short track unchanged', () => {
    expect(thinTrack(track, 1_000)).toEqual(track)
    expect(thinTrack([], 1)).toEqual([])
  })

  it('returns exactly maxPoints points, in order and without duplicates', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (length, maxPoints) => {
        const chosen = seconds(thinTrack(track.slice(0, length), maxPoints))
        expect(chosen).toHaveLength(Math.min(length, maxPoints))
        expect(new Set(chosen).size).toBe(chosen.length)
        expect(chosen).toEqual(chosen.toSorted((one, other) => one - other))
      }),
    )
  })

  it('rejects a maximum below 1', () => {
    expect(() => thinTrack(track, 0)).toThrow(RangeError)
    expect(() => thinTrack(track, 1.5)).toThrow(RangeError)
  })
})
