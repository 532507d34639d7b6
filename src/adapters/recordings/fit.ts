import FitParser from 'fit-file-parser'
import type { Recording } from '../../domains/activities/ports.ts'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { deviceName } from './fit-device.ts'
import { checkFitFile } from './fit-file.ts'
import { lapsOf, type Message, pointsOf, totalsOf } from './fit-messages.ts'
import { momentOf, utcOffsetOf } from './measured.ts'
import { commonSport, sportOfFit } from './sport.ts'
import { summarize } from './summary.ts'

/**
 * Reads a FIT activity (Garmin, Wahoo, Suunto, COROS, Zwift, …). Field names are those of the FIT profile. The sessions
 * of a triathlon become one recording: totals are added up, averages weighted by duration, and the sport is OTHER if the
 * sports differ. Throws UnreadableRecording if the file is damaged or not an activity.
 */
export function readFit(bytes: Uint8Array): Recording {
  checkFitFile(bytes)
  const messages = messagesOf(bytes)
  const fileId = messages('file_id')[0]
  const type = fileId?.type
  if (type !== undefined && type !== 'activity' && type !== 'activity_summary') {
    throw new UnreadableRecording(recordingMessages.otherFitFile({ type: String(type) }))
  }
  const sessions = messages('session')
  const points = pointsOf(messages('record'), sessions)
  if (sessions.length === 0 && points.length === 0) {
    throw new UnreadableRecording(recordingMessages.noActivity())
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

/** With `force: true` the library would skip its checks and guess fields. Its errors are strings. */
function messagesOf(bytes: Uint8Array): (name: string) => readonly Message[] {
  let messages: unknown
  new FitParser({ force: false, mode: 'list' }).parse(Buffer.from(bytes), (error, data) => {
    if (error !== undefined) throw new Error(error)
    messages = data?.messages
  })
  // The library's types are not reliable: files omit fields or have any value, so each value is checked where it is read.
  const byName = new Map(Object.entries(messages as Record<string, readonly Message[]>))
  return (name) => byName.get(name) ?? []
}

/** A transition of a triathlon is a session but not a sport. */
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
