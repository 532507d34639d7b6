import { crc16 } from '../adapters/recordings/fit-file.ts'
import { generatePoints, type SampleActivity } from '../dev/seed/recordings.ts'
import type { Sport } from '../generated/prisma/enums.ts'

const TCX_SPORTS: Partial<Record<Sport, string>> = { RUNNING: 'Running', CYCLING: 'Biking' }

/** A GPX 1.1 file in the format of Garmin Connect, with a segment for each lap. Ignores `indoor`. Deterministic. */
export function encodeGpx(activity: SampleActivity): Uint8Array {
  const segments = inLaps(activity).map(
    (points) => `  <trkseg>
${points
  .map(
    (point) => `   <trkpt lat="${point.latitude.toFixed(7)}" lon="${point.longitude.toFixed(7)}">
    <ele>${point.altitudeMeters.toFixed(1)}</ele>
    <time>${timeOf(activity, point.second)}</time>
    <extensions><ns3:TrackPointExtension><ns3:hr>${point.heartRateBpm}</ns3:hr><ns3:cad>84</ns3:cad></ns3:TrackPointExtension></extensions>
   </trkpt>`,
  )
  .join('\n')}
  </trkseg>`,
  )
  return new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>
<gpx creator="Garmin Connect" version="1.1" xmlns="http://www.topografix.com/GPX/1/1" xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">
 <trk>
  <name>A sample activity</name>
  <type>${activity.sport.toLowerCase()}</type>
${segments.join('\n')}
 </trk>
</gpx>
`)
}

/** A TCX file in the format of Garmin Connect. Deterministic. */
export function encodeTcx(activity: SampleActivity): Uint8Array {
  const laps = inLaps(activity)
  const seconds = activity.seconds / laps.length
  const speed = activity.metersPerSecond ?? 2.8
  const motion = (point: { latitude: number; longitude: number; distanceMeters: number }) => `
      <Position><LatitudeDegrees>${point.latitude.toFixed(7)}</LatitudeDegrees><LongitudeDegrees>${point.longitude.toFixed(7)}</LongitudeDegrees></Position>
      <DistanceMeters>${point.distanceMeters.toFixed(2)}</DistanceMeters>`
  const lapElements = laps.map(
    (points, index) => `   <Lap StartTime="${timeOf(activity, index * seconds)}">
    <TotalTimeSeconds>${seconds}</TotalTimeSeconds>
    <DistanceMeters>${activity.indoor ? 0 : seconds * speed}</DistanceMeters>
    <Calories>${Math.round(seconds / 6)}</Calories>
    <AverageHeartRateBpm><Value>145</Value></AverageHeartRateBpm>
    <MaximumHeartRateBpm><Value>155</Value></MaximumHeartRateBpm>
    <Track>
${points
  .map(
    (point) => `     <Trackpoint>
      <Time>${timeOf(activity, point.second)}</Time>${activity.indoor ? '' : motion(point)}
      <AltitudeMeters>${point.altitudeMeters.toFixed(1)}</AltitudeMeters>
      <HeartRateBpm><Value>${point.heartRateBpm}</Value></HeartRateBpm>
      <Extensions><ns3:TPX><ns3:Speed>${activity.indoor ? 0 : speed}</ns3:Speed><ns3:RunCadence>84</ns3:RunCadence><ns3:Watts>250</ns3:Watts></ns3:TPX></Extensions>
     </Trackpoint>`,
  )
  .join('\n')}
    </Track>
   </Lap>`,
  )
  return new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <Activities>
  <Activity Sport="${TCX_SPORTS[activity.sport] ?? 'Other'}">
   <Id>${timeOf(activity, 0)}</Id>
${lapElements.join('\n')}
   <Creator xsi:type="Device_t"><Name>Garmin Fenix 2</Name></Creator>
  </Activity>
 </Activities>
</TrainingCenterDatabase>
`)
}

/** A FIT file with this many messages of one byte: their definition has no fields. `global` is the number of the message. */
export function fitOfMessages(count: number, global = 20): Uint8Array {
  const header = 14
  const definition = [0x40, 0, 0, global, 0, 0]
  const file = new Uint8Array(header + definition.length + count + 2)
  const view = new DataView(file.buffer)
  file.set([header, 0x20, 0, 0])
  view.setUint32(4, definition.length + count, true)
  file.set(new TextEncoder().encode('.FIT'), 8)
  file.set(definition, header)
  view.setUint16(file.length - 2, crc16(file.subarray(0, -2)), true)
  return file
}

/** The points in laps of the same duration. A point on the boundary belongs to the lap that starts there. */
function inLaps(activity: SampleActivity) {
  const count = activity.laps ?? 1
  const points = generatePoints(activity)
  const lapOf = (second: number) => Math.min(count - 1, Math.floor((second * count) / activity.seconds))
  return Array.from({ length: count }, (_, lap) => points.filter(({ second }) => lapOf(second) === lap))
}

function timeOf(activity: SampleActivity, second: number): string {
  return new Date(activity.startedAt.getTime() + second * 1000).toISOString()
}
