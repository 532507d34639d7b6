import { distance } from '@turf/distance'
import type { TrackPoint } from '../../domains/activities/ports.ts'

/** 1.8 km/h: slower than walking, faster than the GPS drift of a watch at rest. */
const STANDING_METERS_PER_SECOND = 0.5
/** A longer gap between two points is a pause. Devices that save storage write a point about every 10 s. */
const PAUSE_SECONDS = 60
/** Altitude fluctuates by 1 to 2 m at rest, so only larger rises count. */
const CLIMB_METERS = 3
/** A faster change is the sensor calibrating (a real run starts with +87 m in 2 s). */
const LIFT_METERS_PER_SECOND = 5

type Place = Pick<TrackPoint, 'latitude' | 'longitude'>

/** The great-circle distance of two positions in metres (haversine); null if one of them is missing. */
export function metersBetween(from: Place, to: Place): number | null {
  if (from.latitude === null || from.longitude === null || to.latitude === null || to.longitude === null) return null
  return distance([from.longitude, from.latitude], [to.longitude, to.latitude], { units: 'meters' })
}

/** Seconds in motion, from the measured speed or else from the distance; null if there is neither. */
export function movingSeconds(track: readonly TrackPoint[]): number | null {
  let moving: number | null = null
  let previous: TrackPoint | null = null
  for (const point of track) {
    const seconds = previous === null ? 0 : point.elapsedSeconds - previous.elapsedSeconds
    const speed = point.speedMetersPerSecond ?? speedBetween(previous, point, seconds)
    if (speed !== null) {
      moving ??= 0
      if (speed >= STANDING_METERS_PER_SECOND && seconds <= PAUSE_SECONDS) moving += seconds
    }
    previous = point
  }
  return moving
}

function speedBetween(previous: TrackPoint | null, point: TrackPoint, seconds: number): number | null {
  if (previous === null || previous.distanceMeters === null || point.distanceMeters === null || seconds <= 0)
    return null
  return (point.distanceMeters - previous.distanceMeters) / seconds
}

/**
 * Metres climbed: the sum of rises from a low to the next high, where the rise and the following fall are 3 m or more.
 * Null if no altitude was measured. For a 9 km run for which the watch reports 64 m, this is 66 m.
 */
export function climbMeters(track: readonly TrackPoint[]): number | null {
  let climbed: number | null = null
  let low = 0
  let high = 0
  let last: { readonly altitude: number; readonly at: number } | null = null
  for (const { altitudeMeters: altitude, elapsedSeconds: at } of track) {
    if (altitude === null) continue
    const isJump =
      last !== null && Math.abs(altitude - last.altitude) > LIFT_METERS_PER_SECOND * Math.max(at - last.at, 1)
    const isRising = high - low >= CLIMB_METERS
    if (climbed === null || isJump || high - altitude >= CLIMB_METERS || (!isRising && altitude < low)) {
      climbed = (climbed ?? 0) + (isRising ? high - low : 0)
      low = altitude
      high = altitude
    } else if (altitude > high) {
      high = altitude
    }
    last = { altitude, at }
  }
  return climbed === null ? null : climbed + (high - low >= CLIMB_METERS ? high - low : 0)
}

/** The mean of a column, weighted by the time since the previous point (up to a pause); null if the column is empty. */
export function meanOf(track: readonly TrackPoint[], column: 'heartRateBpm' | 'cadenceRpm'): number | null {
  let sum = 0
  let weights = 0
  let previousAt: number | null = null
  for (const point of track) {
    const value = point[column]
    // The minimum weight gives a single point, or points at the same time, a mean too.
    const weight = Math.min(Math.max(point.elapsedSeconds - (previousAt ?? point.elapsedSeconds), 0.001), PAUSE_SECONDS)
    previousAt = point.elapsedSeconds
    // A cadence of 0 is standing, which devices exclude from the average too.
    if (value === null || value === 0) continue
    sum += value * weight
    weights += weight
  }
  return weights === 0 ? null : sum / weights
}

/** The largest value of a column; null if the column is empty. */
export function largestOf(track: readonly TrackPoint[], column: 'heartRateBpm' | 'distanceMeters'): number | null {
  let largest: number | null = null
  for (const point of track) {
    const value = point[column]
    if (value !== null && (largest === null || value > largest)) largest = value
  }
  return largest
}
