import type { RecordedLap, Recording } from '../../domains/activities/ports.ts'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { type MeasuredPoint, measured, measurePoint, momentOf, textOf } from './measured.ts'
import { commonSport, sportNamed } from './sport.ts'
import { summarize } from './summary.ts'
import { child, children, dateTime, number, parseXml, text, type XmlElement } from './xml.ts'
import { readExtensions } from './xml-extensions.ts'

/**
 * Reads the activity of a TCX file (Garmin's TrainingCenterDatabase v2). The activities of a MultiSportSession become one
 * recording. Totals are the sums of the laps, whose time is the device's timer. Throws UnreadableRecording for courses,
 * workouts, several activities in one file, and malformed XML.
 */
export function readTcx(document: string): Recording {
  const activities = activitiesOf(child(parseXml(document, 'TrainingCenterDatabase'), 'Activities'))
  const laps = activities.flatMap((activity) => children(activity, 'Lap'))
  const points = laps
    .flatMap((lap) => children(lap, 'Track'))
    .flatMap((track) => children(track, 'Trackpoint'))
    .flatMap(pointOf)
  if (laps.length === 0) {
    throw new UnreadableRecording(recordingMessages.course())
  }
  const recorded = laps.map(lapOf)
  return summarize({
    sport: commonSport(activities.map((activity) => sportNamed(text(activity, '@Sport')))),
    startedAt: recorded[0]?.startedAt ?? null,
    utcOffsetMinutes: null,
    distanceMeters: sumOf(recorded.map((lap) => lap.distanceMeters)),
    durationSeconds: sumOf(recorded.map((lap) => lap.durationSeconds)),
    movingSeconds: null,
    elevationGainMeters: null,
    averageSpeedMetersPerSecond: null,
    averageHeartRateBpm: averageHeartRate(recorded),
    maxHeartRateBpm: Math.max(...laps.map((lap) => number(child(lap, 'MaximumHeartRateBpm'), 'Value') ?? 0)),
    averageCadenceRpm: null,
    caloriesKcal: sumOf(laps.map((lap) => measured.calories(number(lap, 'Calories')))),
    device: textOf(text(child(activities[0] ?? null, 'Creator'), 'Name')),
    laps: recorded,
    points,
  })
}

function activitiesOf(list: XmlElement | null): XmlElement[] {
  const single = children(list, 'Activity')
  const multiSport = children(list, 'MultiSportSession')
  if (single.length + multiSport.length > 1) {
    throw new UnreadableRecording(recordingMessages.severalActivities())
  }
  const parts = multiSport.flatMap((session) => [...children(session, 'FirstSport'), ...children(session, 'NextSport')])
  return [...single, ...parts.flatMap((part) => children(part, 'Activity'))]
}

function lapOf(lap: XmlElement): RecordedLap {
  return {
    startedAt: new Date(momentOf(dateTime(text(lap, '@StartTime'))?.at) ?? Number.NaN),
    distanceMeters: measured.distance(number(lap, 'DistanceMeters')),
    durationSeconds: measured.seconds(number(lap, 'TotalTimeSeconds')) ?? 0,
    averageHeartRateBpm: measured.heartRate(number(child(lap, 'AverageHeartRateBpm'), 'Value')),
  }
}

/** Weighted by the duration of the laps. Null if a lap has none; it is then derived from the points. */
function averageHeartRate(laps: readonly RecordedLap[]): number | null {
  let beats = 0
  let seconds = 0
  for (const lap of laps) {
    if (lap.averageHeartRateBpm === null) return null
    beats += lap.averageHeartRateBpm * lap.durationSeconds
    seconds += lap.durationSeconds
  }
  return seconds === 0 ? null : beats / seconds
}

function pointOf(point: XmlElement): MeasuredPoint[] {
  const at = momentOf(dateTime(text(point, 'Time'))?.at)
  if (at === null) return []
  const extensions = readExtensions(child(point, 'Extensions'))
  const position = child(point, 'Position')
  return [
    measurePoint(at, {
      ...extensions,
      latitude: number(position, 'LatitudeDegrees'),
      longitude: number(position, 'LongitudeDegrees'),
      altitudeMeters: number(point, 'AltitudeMeters'),
      distanceMeters: number(point, 'DistanceMeters'),
      heartRateBpm: number(child(point, 'HeartRateBpm'), 'Value'),
      cadenceRpm: number(point, 'Cadence') ?? extensions.cadenceRpm,
    }),
  ]
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (value === null ? sum : (sum ?? 0) + value), null)
}
