import { describe, expect, it } from 'vitest'
import { encodeGpx } from '../../testing/recordings.ts'
import { readGpx } from './gpx.ts'

const startedAt = new Date('2026-05-01T06:00:00Z')

const point = (second: number, degree: number, inside = '') =>
  `<trkpt lat="0.5" lon="${degree}"><time>2026-05-01T06:00:${String(second).padStart(2, '0')}Z</time>${inside}</trkpt>`
const gpx = (inside: string) => `<?xml version="1.0"?><gpx version="1.1">${inside}</gpx>`
const track = (...segments: string[]) =>
  gpx(`<trk>${segments.map((segment) => `<trkseg>${segment}</trkseg>`).join('')}</trk>`)

describe('readGpx', () => {
  it('reads a run and derives its totals from the points', () => {
    const recording = readGpx(new TextDecoder().decode(encodeGpx({ sport: 'RUNNING', startedAt, seconds: 600 })))
    expect(recording).toMatchObject({
      sport: 'RUNNING',
      startedAt,
      utcOffsetMinutes: null,
      durationSeconds: 600,
      movingSeconds: 600,
      averageHeartRateBpm: 143,
      maxHeartRateBpm: 154,
      averageCadenceRpm: 84,
      caloriesKcal: null,
      device: 'Garmin Connect',
      laps: [],
    })
    // 600 s at 2.8 m/s; the chords between positions on the loop are slightly shorter.
    expect(recording.distanceMeters).toBeGreaterThan(1_675)
    expect(recording.distanceMeters).toBeLessThan(1_681)
    // 84 % of a loop that rises 10 m, falls 20 m and rises again; the last rise, of 1.5 m, does not count.
    expect(recording.elevationGainMeters).toBe(10)
    expect(recording.track).toHaveLength(601)
  })

  it('excludes the time and the distance between two segments', () => {
    const recording = readGpx(track(point(0, 1) + point(10, 1.001), point(40, 1.1) + point(50, 1.101)))
    // A thousandth of a degree near the equator is 111.19 m.
    expect(recording).toMatchObject({ distanceMeters: 222.38, durationSeconds: 20 })
    expect(recording.track.map(({ elapsedSeconds }) => elapsedSeconds)).toEqual([0, 10, 40, 50])
    expect(recording.track.map(({ distanceMeters }) => distanceMeters)).toEqual([0, 111.19, 111.19, 222.38])
  })

  it.each([
    [
      'Garmin',
      '<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>141</gpxtpx:hr><gpxtpx:cad>80</gpxtpx:cad></gpxtpx:TrackPointExtension><power>250</power></extensions>',
    ],
    [
      'any prefix',
      '<extensions><x:TrackPointExtension><x:hr>141</x:hr><x:cad>80</x:cad></x:TrackPointExtension><y:PowerInWatts>250</y:PowerInWatts></extensions>',
    ],
    [
      'ClueTrust',
      '<extensions><gpxdata:hr>141</gpxdata:hr><gpxdata:cadence>80</gpxdata:cadence><gpxdata:power>250</gpxdata:power></extensions>',
    ],
  ])('reads heart rate, cadence and power of %s', (_, extensions) => {
    const [first] = readGpx(track(point(0, 1, extensions))).track
    expect(first).toMatchObject({ heartRateBpm: 141, cadenceRpm: 80, powerWatts: 250, speedMetersPerSecond: null })
  })

  it('reads the UTC offset of local times', () => {
    const local = '<trkpt lat="1" lon="1"><time>2026-05-01T15:00:00.500+09:00</time></trkpt>'
    expect(readGpx(track(local))).toMatchObject({
      startedAt: new Date('2026-05-01T06:00:00.500Z'),
      utcOffsetMinutes: 540,
    })
  })

  it("reads the sport from the track's type, also from Strava's numbers", () => {
    const sportOf = (type: string) =>
      readGpx(gpx(`<trk><type>${type}</type><trkseg>${point(0, 1)}</trkseg></trk>`)).sport
    expect([sportOf('trail_running'), sportOf('9'), sportOf('Biking'), sportOf('')]).toEqual([
      'RUNNING',
      'RUNNING',
      'CYCLING',
      'OTHER',
    ])
  })

  it('skips points without a time and returns null for impossible positions', () => {
    const recording = readGpx(
      track(`<trkpt lat="1" lon="1"/><trkpt lat="91" lon="1"><time>2026-05-01T06:00:00Z</time></trkpt>`),
    )
    expect(recording.track).toHaveLength(1)
    expect(recording.track[0]).toMatchObject({ latitude: null, longitude: null, distanceMeters: null })
  })

  it('refuses a route', () => {
    expect(() => readGpx(gpx('<rte><rtept lat="1" lon="1"/></rte>'))).toThrow('a route to follow')
    expect(() => readGpx(track('<trkpt lat="1" lon="1"/>'))).toThrow('a route to follow')
  })

  it('refuses a truncated file', () => {
    const whole = track(point(0, 1) + point(1, 1.1))
    for (let length = '<?xml version="1.0"?><gpx version="1.1">'.length; length < whole.length; length++) {
      expect(() => readGpx(whole.slice(0, length))).toThrow('damaged or cut off')
    }
  })

  it('refuses entities and is safe against names such as __proto__', () => {
    const bomb = `<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${track(point(0, 1))}`
    expect(() => readGpx(bomb)).toThrow('document type')
    expect(() => readGpx(track(point(0, 1, '<__proto__><polluted>1</polluted></__proto__>')))).toThrow('damaged')
    expect(readGpx(track(point(0, 1, '<extensions><toString>1</toString></extensions>'))).track).toHaveLength(1)
    expect({}).not.toHaveProperty('polluted')
  })

  it('refuses more names, attributes and levels than a recording has', () => {
    const complex = (what: string) => `This file's XML has ${what}, which no recording has.`
    const named = (count: number) =>
      track(point(0, 1, Array.from({ length: count }, (_, n) => `<n${n}>1</n${n}>`).join('')))
    // gpx, its version, trk, trkseg, trkpt, lat, lon and time.
    expect(readGpx(named(992)).track).toHaveLength(1)
    expect(() => readGpx(named(993))).toThrow(complex('more than 1,000 different names'))
    const attributed = (count: number) =>
      track(point(0, 1, `<a ${Array.from({ length: count }, (_, n) => `n${n}=""`).join(' ')}/>`))
    expect(readGpx(attributed(100)).track).toHaveLength(1)
    expect(() => readGpx(attributed(101))).toThrow(complex('an element with more than 100 attributes'))
    const nested = (count: number) => track(point(0, 1, '<a>'.repeat(count) + '</a>'.repeat(count)))
    expect(readGpx(nested(46)).track).toHaveLength(1)
    expect(() => readGpx(nested(47))).toThrow(complex('elements nested more than 50 levels deep'))
  })

  it('reads files with ampersands that are not escaped, entities of HTML, and CDATA', () => {
    const { device, sport } = readGpx(
      `<gpx creator="A&B &eacute; &amp; C"><trk><type><![CDATA[trail run]]></type><desc>R&D</desc><link href="?a=1&b=2"/><trkseg>${point(0, 1)}</trkseg></trk></gpx>`,
    )
    expect({ device, sport }).toEqual({ device: 'A&B &eacute; & C', sport: 'RUNNING' })
  })

  it.each([
    ['an attribute that is repeated', '<gpx a="1" a="2"/>'],
    ['text behind the root', '<gpx/>x'],
    ['two roots', '<gpx/><gpx/>'],
    ['tags that are closed in another order', '<gpx><a><b></a></b></gpx>'],
    ['a character reference that is none', '<gpx a="&#0;"/>'],
  ])('refuses %s', (_, document) => {
    expect(() => readGpx(document)).toThrow('damaged or cut off')
  })

  it('limits the name of the device to one line of 100 characters', () => {
    const long = `<gpx creator="  a&#10;b${'\u0000'}${'x'.repeat(5_000)}"><trk><trkseg>${point(0, 1)}</trkseg></trk></gpx>`
    const { device } = readGpx(long)
    expect(device).toHaveLength(100)
    expect(device).not.toMatch(/\p{Cc}/u)
  })
})
