import { describe, expect, it } from 'vitest'
import { encodeTcx } from '../../testing/recordings.ts'
import { readTcx } from './tcx.ts'

const startedAt = new Date('2026-05-01T06:00:00Z')
const run = { sport: 'RUNNING', startedAt, seconds: 600, laps: 2 } as const
const encode = (activity: Parameters<typeof encodeTcx>[0]) => new TextDecoder().decode(encodeTcx(activity))
const database = (inside: string) => `<TrainingCenterDatabase>${inside}</TrainingCenterDatabase>`

describe('readTcx', () => {
  it('reads laps, points and totals', () => {
    const recording = readTcx(encode(run))
    expect(recording).toMatchObject({
      sport: 'RUNNING',
      startedAt,
      utcOffsetMinutes: null,
      distanceMeters: 1_680,
      durationSeconds: 600,
      movingSeconds: 600,
      averageSpeedMetersPerSecond: 2.8,
      averageHeartRateBpm: 145,
      maxHeartRateBpm: 155,
      averageCadenceRpm: 84,
      caloriesKcal: 100,
      device: 'Garmin Fenix 2',
      laps: [
        { startedAt, distanceMeters: 840, durationSeconds: 300, averageHeartRateBpm: 145 },
        { startedAt: new Date('2026-05-01T06:05:00Z'), distanceMeters: 840, durationSeconds: 300 },
      ],
    })
    expect(recording.track).toHaveLength(601)
    expect(recording.track[100]).toMatchObject({
      elapsedSeconds: 100,
      distanceMeters: 280,
      speedMetersPerSecond: 2.8,
      cadenceRpm: 84,
      powerWatts: 250,
    })
    expect(recording.track[100]?.latitude).toBeCloseTo(52.5, 1)
  })

  it('returns null for values that a treadmill does not measure', () => {
    const recording = readTcx(encode({ ...run, indoor: true }))
    expect(recording).toMatchObject({ distanceMeters: null, movingSeconds: null, averageSpeedMetersPerSecond: null })
    expect(recording.track[1]).toMatchObject({ distanceMeters: null, speedMetersPerSecond: null, latitude: null })
  })

  it('adds up the activities of a multi-sport session', () => {
    const activity = (sport: string, minute: string, meters: number) =>
      `<Activity Sport="${sport}"><Lap StartTime="2026-05-01T06:${minute}:00Z"><TotalTimeSeconds>60</TotalTimeSeconds><DistanceMeters>${meters}</DistanceMeters></Lap></Activity>`
    const recording = readTcx(
      database(
        `<Activities><MultiSportSession><FirstSport>${activity('Biking', '00', 500)}</FirstSport><NextSport>${activity('Running', '10', 200)}</NextSport></MultiSportSession></Activities>`,
      ),
    )
    expect(recording).toMatchObject({ sport: 'OTHER', distanceMeters: 700, durationSeconds: 120, track: [] })
    expect(recording.laps).toHaveLength(2)
  })

  it('refuses several activities, courses and workouts', () => {
    const activity = '<Activity Sport="Running"><Lap StartTime="2026-05-01T06:00:00Z"/></Activity>'
    expect(() => readTcx(database(`<Activities>${activity}${activity}</Activities>`))).toThrow('several activities')
    expect(() => readTcx(database('<Courses><Course/></Courses>'))).toThrow('holds no activity')
    expect(() => readTcx(database('<Activities><Activity Sport="Running"/></Activities>'))).toThrow('holds no activity')
  })
})
