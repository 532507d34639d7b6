import FitParser from 'fit-file-parser'
import type { Recording } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { deviceName } from './fit-device.ts'
import { checkFitFile } from './fit-file.ts'
import { lapsOf, type Message, pointsOf, totalsOf } from './fit-messages.ts'
import { momentOf, utcOffsetOf } from './measured.ts'
import { commonSport, sportOfFit } from './sport.ts'
import { summarize } from './summary.ts'

/** What other FIT files are, in a runner's words (file_id.type of the FIT profile). */
const OTHER_FILES = new Map([
  ['course', 'a course to follow'],
  ['workout', 'a workout plan'],
  ['schedules', 'a training plan'],
  ['settings', 'the settings of a device'],
  ['device', 'the description of a device'],
  ['sport', 'the settings of a sport'],
  ['segment', 'a segment'],
  ['segment_list', 'a list of segments'],
  ['locations', 'saved places'],
  ['weight', 'weigh-ins'],
  ['blood_pressure', 'blood pressure readings'],
  ['totals', 'the totals of a device'],
  ['goals', 'goals'],
  ['monitoring_a', 'daily steps'],
  ['monitoring_b', 'daily steps'],
  ['monitoring_daily', 'daily steps'],
])

/**
 * A FIT activity (Garmin, Wahoo, Suunto, COROS, Zwift, …); field names are the FIT profile's. A triathlon's sessions
 * are one recording: totals are summed, averages weighted by time, the sport is OTHER when they differ.
 * Throws UnreadableRecording when the file is not whole or is no activity.
 */
export function readFit(bytes: Uint8Array): Recording {
  checkFitFile(bytes)
  const messages = messagesOf(bytes)
  const fileId = messages('file_id')[0]
  const type = fileId?.type
  if (type !== undefined && type !== 'activity' && type !== 'activity_summary') {
    const what = OTHER_FILES.get(String(type)) ?? 'something else'
    throw new UnreadableRecording(`This file holds ${what}, not an activity. Upload the recording of an activity.`)
  }
  const sessions = messages('session')
  const points = pointsOf(messages('record'), sessions)
  if (sessions.length === 0 && points.length === 0) {
    throw new UnreadableRecording('This file holds no activity. Upload the recording of an activity.')
  }
  const starts = [...sessions, ...messages('lap')].map((message) => momentOf(message.start_time))
  const firstStart = starts.reduce((first, start) => (first === null || (start ?? first) < first ? start : first), null)
  return summarize({
    ...totalsOf(sessions),
    sport: sportOf(sessions, messages('sport')),
    startedAt: firstStart === null ? null : new Date(firstStart),
    utcOffsetMinutes: utcOffset(messages('activity').at(-1)),
    device:
      deviceName(fileId) ?? deviceName(messages('device_info').find(({ device_index }) => device_index === 'creator')),
    laps: lapsOf(messages('lap')),
    points,
  })
}

/** `force: false`, or the library skips its own checks and guesses at fields. Its errors are strings. */
function messagesOf(bytes: Uint8Array): (name: string) => readonly Message[] {
  let messages: unknown
  new FitParser({ force: false, mode: 'list' }).parse(Buffer.from(bytes), (error, data) => {
    if (error !== undefined) throw new Error(error)
    messages = data?.messages
  })
  // Its types promise fields that files leave out or fill with anything: every value is checked where it is read.
  const byName = new Map(Object.entries(messages as Record<string, readonly Message[]>))
  return (name) => byName.get(name) ?? []
}

/** The way from the water to the bike is a session of its own, and no sport. */
function sportOf(sessions: readonly Message[], sports: readonly Message[]) {
  const described = sessions.some(({ sport }) => sport !== undefined) ? sessions : sports
  const parts = described.filter(({ sport }) => sport !== 'transition')
  return commonSport(parts.map(({ sport, sub_sport }) => sportOfFit(sport, sub_sport)))
}

function utcOffset(activity: Message | undefined): number | null {
  const utc = momentOf(activity?.timestamp)
  const local = momentOf(activity?.local_timestamp)
  return utc === null || local === null ? null : utcOffsetOf((local - utc) / 60_000)
}
