import { setImmediate } from 'node:timers/promises'
import type { TrackPoint } from '../../domains/activities/ports.ts'

const COLUMNS = 9
/** About 2 ms of the event loop; all 500,000 points of the largest track at once would take a tenth of a second. */
const POINTS_AT_ONCE = 10_000

/**
 * A track as one array of numbers, 9 for a point, NaN for null. Between threads it is one copy of memory, where an
 * array of objects is written out and read back value by value: of 500,000 points the reading back alone holds up the
 * main thread for 0.9 s.
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

/** The track of packTrack, giving way to other work between slices. */
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
