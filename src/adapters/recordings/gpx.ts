import type { Recording } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { metersBetween } from './derive.ts'
import { type MeasuredPoint, measurePoint, momentOf, textOf, utcOffsetOf } from './measured.ts'
import { commonSport, sportNamed } from './sport.ts'
import { summarize } from './summary.ts'
import { child, children, dateTime, number, parseXml, text, type XmlElement } from './xml.ts'
import { readExtensions } from './xml-extensions.ts'

/** Strava wrote numbers as the track's type for years. */
const STRAVA_TYPES = new Map(
  Object.entries({ 1: 'ride', 4: 'hike', 9: 'run', 10: 'walk', 16: 'swim', 17: 'ride', 18: 'ride' }),
)

/**
 * The tracks of a GPX 1.0 or 1.1 file as one recording. The gap between two segments is a pause: it adds neither time
 * nor distance. Distance is along the positions, on the sphere. Points without a time are left out; with none left it
 * is a route to follow, and UnreadableRecording is thrown, as for XML that is not whole.
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
    throw new UnreadableRecording(
      'This file says no times: it holds a route to follow, not an activity. Upload the recording of an activity.',
    )
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
      // GPX 1.0 has it beside the elevation.
      speedMetersPerSecond: extensions.speedMetersPerSecond ?? number(point, 'speed'),
    }),
  ]
}

function secondsOf(segment: readonly MeasuredPoint[]): number {
  return Math.max(0, ((segment.at(-1)?.at ?? 0) - (segment[0]?.at ?? 0)) / 1000)
}

/** Every point with the metres since the first position; null before it. */
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
