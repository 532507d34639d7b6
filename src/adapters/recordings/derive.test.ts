import { describe, expect, it } from 'vitest'
import type { TrackPoint } from '../../domains/activities/ports.ts'
import { climbMeters, largestOf, meanOf, metersBetween, movingSeconds } from './derive.ts'

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

/** Points with one column, every ten seconds or at the given times. */
function column(name: keyof TrackPoint, values: readonly (number | null)[], seconds?: readonly number[]): TrackPoint[] {
  return values.map((value, index) => ({ ...nothing, [name]: value, elapsedSeconds: seconds?.[index] ?? index * 10 }))
}

describe('climbMeters', () => {
  it.each([
    ['a climb', [100, 105, 110], 10],
    ['two climbs with a valley', [100, 110, 104, 112], 18],
    ['a climb with dents of less than 3 m', [100, 104, 102, 107, 105, 110], 10],
    ['a barometer at rest', [100, 101, 99, 101, 100, 99, 100], 0],
    ['a way down', [110, 105, 100], 0],
    ['a sensor that jumps', [55, 142, 144, 147], 5],
    ['gaps', [100, null, 110], 10],
    ['no altitude', [null, null], null],
  ])('%s', (_, altitudes, climbed) => {
    expect(climbMeters(column('altitudeMeters', altitudes))).toBe(climbed)
  })
})

describe('movingSeconds', () => {
  it('excludes standing and pauses', () => {
    expect(movingSeconds(column('speedMetersPerSecond', [3, 3, 0.2, 3]))).toBe(20)
    expect(movingSeconds(column('speedMetersPerSecond', [3, 3, 3], [0, 10, 100]))).toBe(10)
  })

  it('uses the distance if there is no speed, and is null if there is neither', () => {
    expect(movingSeconds(column('distanceMeters', [0, 30, 31, 60]))).toBe(20)
    expect(movingSeconds(column('heartRateBpm', [100, 100]))).toBeNull()
  })
})

describe('meanOf and largestOf', () => {
  it('weight values by their duration', () => {
    expect(meanOf(column('heartRateBpm', [100, 100, 160], [0, 10, 40]), 'heartRateBpm')).toBeCloseTo(145, 1)
    expect(meanOf(column('heartRateBpm', [120]), 'heartRateBpm')).toBeCloseTo(120)
    expect(largestOf(column('heartRateBpm', [null, 120, 119]), 'heartRateBpm')).toBe(120)
  })

  it('exclude missing values and standing still', () => {
    expect(meanOf(column('cadenceRpm', [80, null, 0, 80]), 'cadenceRpm')).toBeCloseTo(80)
    expect(meanOf(column('cadenceRpm', [null]), 'heartRateBpm')).toBeNull()
    expect(largestOf([], 'heartRateBpm')).toBeNull()
  })
})

describe('metersBetween', () => {
  it('is the great-circle distance, null without a position', () => {
    const berlin = { latitude: 52.52, longitude: 13.405 }
    const paris = { latitude: 48.8566, longitude: 2.3522 }
    expect(metersBetween(berlin, paris)).toBeCloseTo(877_464, -3)
    expect(metersBetween(berlin, nothing)).toBeNull()
  })
})
