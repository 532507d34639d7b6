import { number, type XmlElement } from './xml.ts'

export interface ExtensionValues {
  heartRateBpm: number | null
  cadenceRpm: number | null
  powerWatts: number | null
  speedMetersPerSecond: number | null
}

/** Names in Garmin's TrackPointExtension and ActivityExtension, ClueTrust's gpxdata and Strava's <power>. */
const COLUMN_OF_NAME = new Map<string, keyof ExtensionValues>([
  ['hr', 'heartRateBpm'],
  ['heartrate', 'heartRateBpm'],
  ['cad', 'cadenceRpm'],
  ['cadence', 'cadenceRpm'],
  ['runcadence', 'cadenceRpm'],
  ['power', 'powerWatts'],
  ['watts', 'powerWatts'],
  ['powerinwatts', 'powerWatts'],
  ['speed', 'speedMetersPerSecond'],
])
/** <extensions><TrackPointExtension><hr>: values are at most two levels deep. */
const MAX_DEPTH = 3

/** Reads the values in the extensions of a point; the first of each is used. Apps nest and prefix them differently. */
export function readExtensions(extensions: XmlElement | null): ExtensionValues {
  const found: ExtensionValues = { heartRateBpm: null, cadenceRpm: null, powerWatts: null, speedMetersPerSecond: null }
  if (extensions !== null) collect(extensions, found, MAX_DEPTH)
  return found
}

function collect(element: XmlElement, found: ExtensionValues, depth: number): void {
  for (const [name, value] of Object.entries(element)) {
    const column = COLUMN_OF_NAME.get(name.toLowerCase())
    if (column !== undefined) found[column] ??= number(element, name)
    else if (depth > 0 && typeof value === 'object' && value !== null) {
      collect(value as XmlElement, found, depth - 1)
    }
  }
}
