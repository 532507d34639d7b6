import { distance } from '@turf/distance'
import type { TrackPoint } from '../../domains/activities/ports.ts'

/** 1.8 km/h: slower than anybody walks, faster than a watch at rest seems to wander. */
const STANDING_METERS_PER_SECOND = 0.5
/** A longer silence between two points is a pause; devices that save room write a point every 10 s or so. */
const PAUSE_SECONDS = 60
/** Barometers and GPS waver by 1 to 2 m at rest; a rise counts once it is larger than that. */
const CLIMB_METERS = 3
/** A faster rise or fall is the sensor finding itself (a real run begins with +87 m in 2 s), not the runner. */
const LIFT_METERS_PER_SECOND = 5

type Place = Pick<TrackPoint, 'latitude' | 'longitude'>

/** Metres between two places on the sphere (haversine); null when one of them has no position. */
export function metersBetween(from: Place, to: Place): number | null {
  if (from.latitude === null || from.longitude === null || to.latitude === null || to.longitude === null) return null
  return distance([from.longitude, from.latitude], [to.longitude, to.latitude], { units: 'meters' })
}

/** Seconds in motion, from speed where it was measured, else from distance; null when there is neither. */
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
 * Metres climbed: from each low to the high after it, where both the rise and the fall that ends it are 3 m or more.
 * Null when no altitude was measured. On a 9 km run whose watch says 64 m it gives 66 m.
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

/** The mean of a measured column, every value for the time since the point before (at most a pause); null if empty. */
export function meanOf(track: readonly TrackPoint[], column: 'heartRateBpm' | 'cadenceRpm'): number | null {
  let sum = 0
  let weights = 0
  let previousAt: number | null = null
  for (const point of track) {
    const value = point[column]
    // A first point, or two in the same moment, weigh a little, so that a single value has a mean too.
    const weight = Math.min(Math.max(point.elapsedSeconds - (previousAt ?? point.elapsedSeconds), 0.001), PAUSE_SECONDS)
    previousAt = point.elapsedSeconds
    // A cadence of 0 is standing, which devices leave out of its average too.
    if (value === null || value === 0) continue
    sum += value * weight
    weights += weight
  }
  return weights === 0 ? null : sum / weights
}

/** The largest of a measured column; null if it is empty. */
export function largestOf(track: readonly TrackPoint[], column: 'heartRateBpm' | 'distanceMeters'): number | null {
  let largest: number | null = null
  for (const point of track) {
    const value = point[column]
    if (value !== null && (largest === null || value > largest)) largest = value
  }
  return largest
}
