import { once } from 'node:events'
import type { StreamKey } from '../platform/streams/stream.ts'
import { openStreamParts, Received, type StreamPartsOptions } from './stream-parts.ts'

/** The argument of the program, as JSON. */
export interface StreamProcess {
  readonly role: 'write' | 'read'
  readonly parts: StreamPartsOptions
  readonly stream: StreamKey
  readonly chunks: number
  /** The writer waits for SIGUSR2 after each of so many chunks. */
  readonly pauseEvery: number
}

/** What the writer writes, of different lengths. */
export const chunkText = (number: number): string => `${number}:${'한글 text 🙂'.slice(0, number % 12)};`

/** A process that writes a stream, or reads it and resumes where an error ended its reading. */
async function main({ role, parts: options, stream, chunks, pauseEvery }: StreamProcess): Promise<void> {
  await using parts = openStreamParts(options)
  if (role === 'write') {
    const now = new Date()
    const { attempt, sequence } = await parts.db.transaction((tx) => parts.streams.begin(tx, stream, { now }))
    let after = sequence
    for (let number = 1; number <= chunks; number += 1) {
      after = await parts.append(stream, { attempt, after, text: chunkText(number) })
      if (number % pauseEvery > 0 || number === chunks) continue
      const resumed = once(process, 'SIGUSR2')
      print(`wrote ${number}`)
      await resumed
    }
    await parts.db.transaction((tx) => parts.streams.end(tx, stream, { attempt, outcome: 'COMPLETED', now }))
    return
  }
  const received = new Received()
  while (!received.outcome) {
    try {
      const { signal } = new AbortController()
      for await (const item of await parts.streams.read(stream, received.sequence, signal)) {
        received.add(item)
        print(`read ${received.text.split(';').length - 1}`)
      }
    } catch (error) {
      process.stderr.write(`reading failed: ${error}\n`)
    }
  }
  print(`text ${JSON.stringify(received.text)}`)
}

const print = (line: string) => process.stdout.write(`${line}\n`)

// The default action of the signal ends the process, also before the first pause.
process.on('SIGUSR2', () => undefined)

const [argument] = process.argv.slice(2)
if (import.meta.main && argument !== undefined) await main(JSON.parse(argument))
