import type { Recording } from '../../domains/activities/ports.ts'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { metersBetween } from './derive.ts'
import { type MeasuredPoint, measurePoint, momentOf, textOf, utcOffsetOf } from './measured.ts'
import { commonSport, sportNamed } from './sport.ts'
import { summarize } from './summary.ts'
import { child, children, dateTime, number, parseXml, text, type XmlElement } from './xml.ts'
import { readExtensions } from './xml-extensions.ts'

/** Older exports of Strava have numbers as the type of the track. */
const STRAVA_TYPES = new Map(
  Object.entries({ 1: 'ride', 4: 'hike', 9: 'run', 10: 'walk', 16: 'swim', 17: 'ride', 18: 'ride' }),
)

/**
 * Reads the tracks of a GPX 1.0 or 1.1 file as one recording. The gap between two segments is a pause and adds neither
 * time nor distance. The distance is the sum of great-circle distances. Points without a time are skipped. Throws
 * UnreadableRecording if no point has a time, since the file is then a route, and for malformed XML.
 */
export function readGpx(document: string): Recording {
  const gpx = parseXml(document, 'gpx')
  const tracks = children(gpx, 'trk')
  const segments = tracks
    .flatMap((track) => children(track, 'trkseg'))
    .map((segment) => children(segment, 'trkpt').flatMap(pointOf))
    .filter((points) => points.length > 0)
    .sort(([one], [other]) => (one?.at ?? 0) - (other?.at ?? 0))
  const firstTime = tracks.length === 0 ? null : firstTimeOf(tracks)
  if (segments.length === 0) {
    throw new UnreadableRecording(recordingMessages.route())
  }
  const points = withDistance(segments)
  return summarize({
    sport: commonSport(tracks.map(sportOf)),
    startedAt: null,
    utcOffsetMinutes: firstTime?.offsetMinutes == null ? null : utcOffsetOf(firstTime.offsetMinutes),
    distanceMeters: null,
    durationSeconds: segments.reduce((sum, segment) => sum + secondsOf(segment), 0),
    movingSeconds: null,
    elevationGainMeters: null,
    averageSpeedMetersPerSecond: null,
    averageHeartRateBpm: null,
    maxHeartRateBpm: null,
    averageCadenceRpm: null,
    caloriesKcal: null,
    device: textOf(text(gpx, '@creator')),
    laps: [],
    points,
  })
}

function sportOf(track: XmlElement) {
  const type = text(track, 'type')?.trim() ?? ''
  return sportNamed(STRAVA_TYPES.get(type) ?? type)
}

function firstTimeOf(tracks: readonly XmlElement[]) {
  return dateTime(text(child(child(tracks[0] ?? null, 'trkseg'), 'trkpt'), 'time'))
}

function pointOf(point: XmlElement): MeasuredPoint[] {
  const at = momentOf(dateTime(text(point, 'time'))?.at)
  if (at === null) return []
  const extensions = readExtensions(child(point, 'extensions'))
  return [
    measurePoint(at, {
      ...extensions,
      latitude: number(point, '@lat'),
      longitude: number(point, '@lon'),
      altitudeMeters: number(point, 'ele'),
      distanceMeters: null,
      // GPX 1.0 has the speed as a child of the point.
      speedMetersPerSecond: extensions.speedMetersPerSecond ?? number(point, 'speed'),
    }),
  ]
}

function secondsOf(segment: readonly MeasuredPoint[]): number {
  return Math.max(0, ((segment.at(-1)?.at ?? 0) - (segment[0]?.at ?? 0)) / 1000)
}

/** Adds to each point the metres since the first position; null before it. */
function withDistance(segments: readonly (readonly MeasuredPoint[])[]): MeasuredPoint[] {
  let meters: number | null = null
  return segments.flatMap((segment) => {
    let place: MeasuredPoint | null = null
    return segment.map((point) => {
      if (point.latitude !== null) {
        meters = (meters ?? 0) + (place === null ? 0 : (metersBetween(place, point) ?? 0))
        place = point
      }
      return { ...point, distanceMeters: meters === null ? null : Math.round(meters * 100) / 100 }
    })
  })
}
