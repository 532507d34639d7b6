import type { RecordedLap } from '../../domains/activities/ports.ts'
import { type MeasuredPoint, measured, measurePoint, momentOf } from './measured.ts'
import type { Reading } from './summary.ts'

/** A FIT message from the parser: fields of the profile by name, in SI units. Missing values are absent. */
export type Message = Readonly<Record<string, unknown>>

type Totals = Omit<Reading, 'sport' | 'startedAt' | 'utcOffsetMinutes' | 'device' | 'laps' | 'points'>

/**
 * The points of all record messages that have a time. In each session of a triathlon, devices count the distance from 0;
 * here it continues, since TrackPoint has the distance from the start.
 */
export function pointsOf(records: readonly Message[], sessions: readonly Message[]): MeasuredPoint[] {
  const borders = sessions.flatMap(({ start_time }) => momentOf(start_time) ?? []).sort((one, other) => one - other)
  let session = 0
  let metersBefore = 0
  let lastMeters = 0
  return records.flatMap((record) => {
    const at = momentOf(record.timestamp)
    if (at === null) return []
    const meters = typeof record.distance === 'number' ? record.distance : null
    for (; at >= (borders[session] ?? Number.POSITIVE_INFINITY); session++) {
      if (session > 0 && (meters ?? 0) < lastMeters) {
        metersBefore += lastMeters
        lastMeters = 0
      }
    }
    lastMeters = meters ?? lastMeters
    return measurePoint(at, {
      latitude: record.position_lat,
      longitude: record.position_long,
      altitudeMeters: record.enhanced_altitude ?? record.altitude,
      distanceMeters: meters === null ? null : metersBefore + meters,
      heartRateBpm: record.heart_rate,
      speedMetersPerSecond: record.enhanced_speed ?? record.speed,
      cadenceRpm: withFraction(record.cadence, record.fractional_cadence),
      powerWatts: record.power,
    })
  })
}

export function lapsOf(laps: readonly Message[]): RecordedLap[] {
  return laps.flatMap((lap) => {
    const startedAt = momentOf(lap.start_time)
    if (startedAt === null) return []
    return {
      startedAt: new Date(startedAt),
      distanceMeters: measured.distance(lap.total_distance),
      durationSeconds: timerSeconds(lap) ?? 0,
      averageHeartRateBpm: measured.heartRate(lap.avg_heart_rate),
    }
  })
}

/** The totals of all sessions. Sums ignore missing values; averages are weighted by the duration of the sessions. */
export function totalsOf(sessions: readonly Message[]): Totals {
  const sum = (read: (session: Message) => number | null) => addUp(sessions.map((session) => [read(session), 1]))
  const mean = (read: (session: Message) => number | null) => {
    const weighted = sessions.map((session): Weighted => [read(session), timerSeconds(session) ?? 1])
    const weight = addUp(weighted.map(([value, seconds]) => [value === null ? null : seconds, 1]))
    return weight === null ? null : (addUp(weighted) ?? 0) / weight
  }
  const moving = sessions.map(({ total_moving_time }) => measured.seconds(total_moving_time))
  const [only] = sessions
  return {
    distanceMeters: sum(({ total_distance }) => measured.distance(total_distance)),
    durationSeconds: sum(timerSeconds),
    // If a session has no moving time, the sum of the others is not the total.
    movingSeconds: moving.includes(null) ? null : addUp(moving.map((seconds) => [seconds, 1])),
    elevationGainMeters: sum(({ total_ascent }) => measured.climb(total_ascent)),
    averageSpeedMetersPerSecond:
      sessions.length === 1 ? measured.speed(only?.enhanced_avg_speed ?? only?.avg_speed) : null,
    averageHeartRateBpm: mean(({ avg_heart_rate }) => measured.heartRate(avg_heart_rate)),
    maxHeartRateBpm: Math.max(...sessions.map(({ max_heart_rate }) => measured.heartRate(max_heart_rate) ?? 0)),
    averageCadenceRpm: mean((session) =>
      measured.cadence(withFraction(session.avg_cadence, session.avg_fractional_cadence)),
    ),
    caloriesKcal: sum(({ total_calories }) => measured.calories(total_calories)),
  }
}

type Weighted = readonly [value: number | null, weight: number]

function addUp(values: readonly Weighted[]): number | null {
  return values.reduce<number | null>(
    (sum, [value, weight]) => (value === null ? sum : (sum ?? 0) + value * weight),
    null,
  )
}

/** The timer stops in pauses. Files without it have only the elapsed time. */
function timerSeconds(message: Message): number | null {
  return measured.seconds(message.total_timer_time) ?? measured.seconds(message.total_elapsed_time)
}

/** FIT stores 83.5 rpm as 83 and 0.5. For running it counts strides, of two steps each. */
function withFraction(cadence: unknown, fraction: unknown): number | null {
  if (typeof cadence !== 'number') return null
  return cadence + (typeof fraction === 'number' ? fraction : 0)
}
