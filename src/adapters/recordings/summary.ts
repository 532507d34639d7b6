import type { RecordedLap, Recording, TrackPoint } from '../../domains/activities/ports.ts'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { climbMeters, largestOf, meanOf, movingSeconds } from './derive.ts'
import { MAX_SECONDS, type MeasuredPoint, measured, momentOf } from './measured.ts'

/** 139 hours with a point per second. Bounds the memory that a file can take. */
const MAX_POINTS = 500_000
const MAX_LAPS = 10_000

/** The values that a file has; null (or 0 for totals) if missing. */
export type Reading = Omit<Recording, 'startedAt' | 'track'> & {
  readonly startedAt: Date | null
  readonly points: readonly MeasuredPoint[]
}

/**
 * Creates the recording of a FIT, GPX or TCX file: checks every value and derives missing ones from the points. Throws
 * UnreadableRecording if there is no start time, or more points or laps than allowed.
 */
export function summarize(reading: Reading): Recording {
  const startedAt = momentOf(reading.startedAt) ?? reading.points[0]?.at
  if (startedAt === undefined) {
    throw new UnreadableRecording(recordingMessages.noStart())
  }
  if (reading.points.length > MAX_POINTS || reading.laps.length > MAX_LAPS) {
    throw new UnreadableRecording(recordingMessages.tooManyPoints())
  }
  const timed = trackOf(reading.points, startedAt)
  const distanceMeters =
    measured.distance(reading.distanceMeters) ?? measured.distance(largestOf(timed, 'distanceMeters'))
  const track = distanceMeters === null ? timed.map(withoutMotion) : timed
  const durationSeconds = measured.seconds(reading.durationSeconds) ?? measured.seconds(track.at(-1)?.elapsedSeconds)
  const moving = measured.seconds(reading.movingSeconds) ?? measured.seconds(movingSeconds(track))
  return {
    sport: reading.sport,
    startedAt: new Date(startedAt),
    utcOffsetMinutes: reading.utcOffsetMinutes,
    distanceMeters,
    durationSeconds,
    movingSeconds: moving === null ? null : Math.min(moving, durationSeconds ?? moving),
    elevationGainMeters: elevationGain(reading.elevationGainMeters, track),
    averageSpeedMetersPerSecond:
      measured.speed(reading.averageSpeedMetersPerSecond) ??
      measured.speed((distanceMeters ?? Number.NaN) / (durationSeconds ?? Number.NaN)),
    averageHeartRateBpm:
      measured.heartRate(reading.averageHeartRateBpm) ?? measured.heartRate(meanOf(track, 'heartRateBpm')),
    maxHeartRateBpm:
      measured.heartRate(reading.maxHeartRateBpm) ?? measured.heartRate(largestOf(track, 'heartRateBpm')),
    averageCadenceRpm: measured.cadence(reading.averageCadenceRpm) ?? measured.cadence(meanOf(track, 'cadenceRpm')),
    caloriesKcal: measured.calories(reading.caloriesKcal),
    device: reading.device,
    laps: reading.laps.flatMap(lapOf).sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime()),
    track,
  }
}

/** Devices may set their clock back during a recording. Elapsed time is kept monotonic for charts and storage. */
function trackOf(points: readonly MeasuredPoint[], startedAt: number): TrackPoint[] {
  const track: TrackPoint[] = []
  let elapsed = 0
  for (const { at, ...values } of points) {
    const seconds = (at - startedAt) / 1000
    if (seconds > MAX_SECONDS) continue
    elapsed = Math.max(elapsed, seconds)
    track.push({ elapsedSeconds: elapsed, ...values })
  }
  return track
}

/** Without a distance, zeros of distance and speed mean that an indoor trainer did not measure them. */
function withoutMotion(point: TrackPoint): TrackPoint {
  return {
    ...point,
    distanceMeters: null,
    speedMetersPerSecond: point.speedMetersPerSecond === 0 ? null : point.speedMetersPerSecond,
  }
}

/** The device's value takes precedence, since it knows its barometer. A 0 counts only if altitude was measured. */
function elevationGain(reported: number | null, track: readonly TrackPoint[]): number | null {
  const derived = measured.climb(climbMeters(track))
  const given = measured.climb(reported)
  return given === 0 && derived === null ? null : (given ?? derived)
}

function lapOf(lap: RecordedLap): RecordedLap[] {
  const startedAt = momentOf(lap.startedAt)
  const durationSeconds = measured.seconds(lap.durationSeconds)
  if (startedAt === null || durationSeconds === null) return []
  return [
    {
      startedAt: new Date(startedAt),
      distanceMeters: measured.distance(lap.distanceMeters),
      durationSeconds,
      averageHeartRateBpm: measured.heartRate(lap.averageHeartRateBpm),
    },
  ]
}
