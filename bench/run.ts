/*
 * `npm run bench`            what the docs and comments claim, measured: in one run on one machine, as ratios.
 * `npm run bench -- ledger`  one group of it.
 * Never part of the tests: a busy machine would make them fail.
 */
import { documents } from './documents.ts'
import { front } from './front.ts'
import { growth } from './growth.ts'
import { ledger } from './ledger.ts'
import { oneContainer } from './one-container.ts'
import { sideBySide } from './side-by-side.ts'
import { streams } from './streams.ts'

const groups: Readonly<Record<string, () => Promise<string>>> = {
  parts: sideBySide,
  front,
  growth,
  ledger,
  documents,
  streams,
  container: oneContainer,
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !groups[name])
if (unknown === undefined) {
  for (const [name, measure] of Object.entries(groups)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    console.log(`${name}\n${await measure()}`)
  }
} else {
  console.error(`There is no group "${unknown}". Choose of: ${Object.keys(groups).join(', ')}.`)
  process.exitCode = 1
}
