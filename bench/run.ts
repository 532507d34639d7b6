/*
 * `npm run bench`            measures the numbers in docs and comments in one run on one machine, as ratios.
 * `npm run bench -- ledger`  measures one group.
 * `npm run bench -- video-hour` is not part of the first, since it takes an hour.
 * Not part of the tests, since a busy machine would make them fail.
 */
import { documents } from './documents.ts'
import { front } from './front.ts'
import { growth } from './growth.ts'
import { lanes } from './lanes.ts'
import { ledger } from './ledger.ts'
import { oneContainer } from './one-container.ts'
import { recordings } from './recordings.ts'
import { sideBySide } from './side-by-side.ts'
import { streams } from './streams.ts'
import { textStreams } from './text-streams.ts'
import { video, videoOfAnHour } from './video.ts'

const groups: Readonly<Record<string, () => Promise<string>>> = {
  parts: sideBySide,
  front,
  growth,
  lanes,
  ledger,
  documents,
  recordings,
  streams,
  'text-streams': textStreams,
  container: oneContainer,
  video,
}

/** Only by its name. */
const longGroups: typeof groups = { 'video-hour': videoOfAnHour }

const wanted = process.argv.slice(2)
const all = { ...groups, ...longGroups }
const unknown = wanted.find((name) => !all[name])
if (unknown === undefined) {
  for (const [name, measure] of Object.entries(wanted.length > 0 ? all : groups)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    console.log(`${name}\n${await measure()}`)
  }
} else {
  console.error(`There is no group "${unknown}". Use one of: ${Object.keys(all).join(', ')}.`)
  process.exitCode = 1
}
