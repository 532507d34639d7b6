import type { Activity } from '../../generated/prisma/client.ts'
import type { Sport } from '../../generated/prisma/enums.ts'

const names: Record<Sport, string> = {
  RUNNING: 'run',
  CYCLING: 'ride',
  SWIMMING: 'swim',
  WALKING: 'walk',
  HIKING: 'hike',
  ROWING: 'row',
  STRENGTH: 'strength training',
  OTHER: 'activity',
}

/** Each name applies from this hour on, in local time. */
const timesOfDay = [
  { from: 0, name: 'Night' },
  { from: 5, name: 'Morning' },
  { from: 12, name: 'Afternoon' },
  { from: 17, name: 'Evening' },
  { from: 22, name: 'Night' },
]

type Titled = Pick<Activity, 'title' | 'sport' | 'startedAt' | 'utcOffsetMinutes'>

/** The title that the user set, or else a generated one ('Morning run'), which follows changes of the sport. */
export function titleOf({ title, sport, startedAt, utcOffsetMinutes }: Titled): string {
  if (title !== null) return title
  const name = names[sport ?? 'OTHER']
  if (startedAt === null) return `New ${name}`
  const local = new Date(startedAt.getTime() + (utcOffsetMinutes ?? 0) * 60_000)
  const timeOfDay = timesOfDay.findLast(({ from }) => from <= local.getUTCHours())
  return `${timeOfDay?.name} ${name}`
}
