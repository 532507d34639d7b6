const minutes = 10
const metersOfDegree = 111_195

/** A GPX file of ten minutes due north, a point every ten seconds at 3 m/s, that began an hour ago. */
export function makeRecording(now: Date): { bytes: Uint8Array<ArrayBuffer>; points: number } {
  const startedAt = now.getTime() - 3_600_000
  const points = Array.from({ length: minutes * 6 + 1 }, (_, index) => {
    const seconds = index * 10
    const latitude = 52.5 + (seconds * 3) / metersOfDegree
    const time = new Date(startedAt + seconds * 1_000).toISOString()
    return `<trkpt lat="${latitude.toFixed(7)}" lon="13.4000000"><ele>34</ele><time>${time}</time></trkpt>`
  })
  const gpx = `<?xml version="1.0"?>
<gpx version="1.1" creator="Pacer smoke test"><trk><type>running</type><trkseg>
${points.join('\n')}
</trkseg></trk></gpx>
`
  return { bytes: new TextEncoder().encode(gpx), points: points.length }
}
