import { readRecording } from '../src/adapters/recordings/read-recording.ts'
import { renderTable } from '../src/cli/terminal/table.ts'
import { encodeGpx } from '../src/testing/recordings.ts'
import { percentile } from './percentile.ts'

const rounds = 5
const sizes = [1, 4, 16]

interface Measured {
  readonly file: Uint8Array
  readonly seconds: number
  readonly ms: number[]
}

/** Measures how the time to read a GPX file grows with its size: the CPU time for each point, in turns. */
export async function recordings(): Promise<string> {
  const measured = sizes.map((times): Measured => {
    const seconds = times * 4_000
    const file = encodeGpx({ sport: 'RUNNING', startedAt: new Date('2026-05-01T06:00:00Z'), seconds })
    return { file, seconds, ms: [] }
  })
  for (let round = -1; round < rounds; round += 1) {
    for (const { file, ms } of measured) {
      const before = process.threadCpuUsage()
      readRecording(file)
      const { user, system } = process.threadCpuUsage(before)
      if (round >= 0) ms.push((user + system) / 1_000)
    }
  }
  const perPoint = ({ ms, seconds }: Measured) => (percentile(ms, 0.5) * 1_000) / seconds
  const smallest = perPoint(measured[0] as Measured)
  return renderTable(
    ['GPX', 'CPU ms, p50', 'µs for a point', 'ratio'],
    measured.map((one) => [
      `${(one.file.length / 2 ** 20).toFixed(1)} MiB`,
      percentile(one.ms, 0.5).toFixed(0),
      perPoint(one).toFixed(1),
      `${(perPoint(one) / smallest).toFixed(2)} ×`,
    ]),
  )
}
