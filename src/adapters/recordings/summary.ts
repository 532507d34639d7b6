import type { RecordedLap, Recording, TrackPoint } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { climbMeters, largestOf, meanOf, movingSeconds } from './derive.ts'
import { MAX_SECONDS, type MeasuredPoint, measured, momentOf } from './measured.ts'

/** 139 hours at a point a second; a limit so that one file cannot fill the memory. */
const MAX_POINTS = 500_000
const MAX_LAPS = 10_000

/** What a format says by itself; null (or 0, for totals) where it says nothing. */
export type Reading = Omit<Recording, 'startedAt' | 'track'> & {
  readonly startedAt: Date | null
  readonly points: readonly MeasuredPoint[]
}

/**
 * The recording of a file: every value in its range, and what the format left out derived from the points, alike for
 * FIT, GPX and TCX. Throws UnreadableRecording when there is no moment to begin at, or more than we keep.
 */
export function summarize(reading: Reading): Recording {
  const startedAt = momentOf(reading.startedAt) ?? reading.points[0]?.at
  if (startedAt === undefined) {
    throw new UnreadableRecording('This file does not say when the activity took place. Upload another export of it.')
  }
  if (reading.points.length > MAX_POINTS || reading.laps.length > MAX_LAPS) {
    throw new UnreadableRecording('This recording is too long to read. Split it into parts and upload them one by one.')
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

/** Clocks are set back while a device runs: time never goes back here, so that charts and columns stay in order. */
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

/** Without any distance, the zeros in the columns of distance and speed are those of an indoor trainer: not measured. */
function withoutMotion(point: TrackPoint): TrackPoint {
  return {
    ...point,
    distanceMeters: null,
    speedMetersPerSecond: point.speedMetersPerSecond === 0 ? null : point.speedMetersPerSecond,
  }
}

/** What the device says, as it knows its own barometer; a 0 counts only where altitude was measured at all. */
function elevationGain(said: number | null, track: readonly TrackPoint[]): number | null {
  const derived = measured.climb(climbMeters(track))
  const given = measured.climb(said)
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
