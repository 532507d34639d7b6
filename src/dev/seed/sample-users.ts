import type { Sport } from '../../generated/prisma/enums.ts'

/** A sample user of a development database. */
export interface SampleUser {
  readonly email: string
  readonly timeZone: string
  readonly locale: string
  readonly place: { readonly latitude: number; readonly longitude: number }
  /** The activities of a week. */
  readonly weeklyActivities: readonly WeeklyActivity[]
}

/** An activity that is repeated each week. */
export interface WeeklyActivity {
  readonly sport: Sport
  /** 0 is Monday. */
  readonly day: number
  /** In the user's time zone. */
  readonly hour: number
  readonly minutes: number
  readonly metersPerSecond: number
  readonly indoor?: boolean
}

export const weeks = 6

export const sampleUsers: readonly SampleUser[] = [
  {
    email: 'alice@example.com',
    timeZone: 'Europe/Berlin',
    locale: 'de',
    place: { latitude: 52.5145, longitude: 13.3501 },
    weeklyActivities: [
      { sport: 'RUNNING', day: 1, hour: 7, minutes: 42, metersPerSecond: 2.9 },
      { sport: 'RUNNING', day: 3, hour: 18, minutes: 35, metersPerSecond: 3.3 },
      { sport: 'CYCLING', day: 5, hour: 10, minutes: 95, metersPerSecond: 7.1 },
    ],
  },
  {
    email: 'minjun.kim@example.com',
    timeZone: 'Asia/Seoul',
    locale: 'ko',
    place: { latitude: 37.5284, longitude: 126.9327 },
    weeklyActivities: [
      { sport: 'RUNNING', day: 0, hour: 6, minutes: 50, metersPerSecond: 3.1 },
      { sport: 'RUNNING', day: 2, hour: 21, minutes: 30, metersPerSecond: 3.6 },
      { sport: 'HIKING', day: 6, hour: 9, minutes: 180, metersPerSecond: 1.2 },
    ],
  },
  {
    email: 'carmen.ruiz@example.com',
    timeZone: 'America/Mexico_City',
    locale: 'es',
    place: { latitude: 19.4204, longitude: -99.1867 },
    weeklyActivities: [
      { sport: 'CYCLING', day: 1, hour: 20, minutes: 45, metersPerSecond: 0, indoor: true },
      { sport: 'WALKING', day: 4, hour: 8, minutes: 55, metersPerSecond: 1.5 },
    ],
  },
  {
    email: 'noah@example.com',
    timeZone: 'America/New_York',
    locale: 'en',
    place: { latitude: 40.7736, longitude: -73.9566 },
    weeklyActivities: [
      { sport: 'RUNNING', day: 2, hour: 12, minutes: 28, metersPerSecond: 3 },
      { sport: 'ROWING', day: 5, hour: 8, minutes: 40, metersPerSecond: 2.4 },
    ],
  },
]
