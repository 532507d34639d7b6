import { setImmediate } from 'node:timers/promises'
import type { TrackPoint } from '../../domains/activities/ports.ts'

const COLUMNS = 9
/** Blocks the event loop for about 2 ms; all 500,000 points of the largest track would block it for 0.1 s. */
const POINTS_AT_ONCE = 10_000

/**
 * Packs a track into one array of numbers: 9 per point, NaN for null. Passing it between threads is one memory copy. An
 * array of objects would be serialised value by value, and deserialising 500,000 points would block the main thread for
 * 0.9 s.
 */
export function packTrack(track: readonly TrackPoint[]): Float64Array {
  const packed = new Float64Array(track.length * COLUMNS)
  track.forEach((point, index) => {
    const values = [
      point.elapsedSeconds,
      point.latitude,
      point.longitude,
      point.altitudeMeters,
      point.distanceMeters,
      point.heartRateBpm,
      point.speedMetersPerSecond,
      point.cadenceRpm,
      point.powerWatts,
    ]
    values.forEach((value, column) => {
      packed[index * COLUMNS + column] = value ?? Number.NaN
    })
  })
  return packed
}

/** Unpacks a track of packTrack and yields to the event loop between slices. */
export async function unpackTrack(packed: Float64Array): Promise<TrackPoint[]> {
  const track: TrackPoint[] = []
  for (let index = 0; index < packed.length; index += COLUMNS) {
    const value = (column: number) => {
      const number = packed[index + column]
      return number === undefined || Number.isNaN(number) ? null : number
    }
    track.push({
      elapsedSeconds: value(0) ?? 0,
      latitude: value(1),
      longitude: value(2),
      altitudeMeters: value(3),
      distanceMeters: value(4),
      heartRateBpm: value(5),
      speedMetersPerSecond: value(6),
      cadenceRpm: value(7),
      powerWatts: value(8),
    })
    if (track.length % POINTS_AT_ONCE === 0) await setImmediate()
  }
  return track
}
