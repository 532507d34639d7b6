import { Bench } from 'tinybench'
import { renderTable } from '../src/cli/terminal/table.ts'
import { comparisons } from './comparisons.ts'

/** Measures parts of our code beside the library's implementation. */
export async function sideBySide(): Promise<string> {
  const rows: string[][] = []
  for (const { name, ours, theirs } of await comparisons()) {
    const bench = new Bench({ name, time: 1_000, warmupTime: 300 }).add('ours', ours.run).add('theirs', theirs.run)
    await bench.run()
    const [first, second] = bench.tasks.map(({ result }) =>
      'latency' in result ? result.latency.p50 * 1_000 : Number.NaN,
    )
    if (first === undefined || second === undefined) throw new Error(`${name} was not measured.`)
    rows.push([
      name,
      `${ours.name}: ${first.toFixed(1)} µs`,
      `${theirs.name}: ${second.toFixed(1)} µs`,
      `${(second / first).toFixed(1)} ×`,
    ])
  }
  return renderTable(['part', 'ours (median)', 'compared with (median)', 'ratio'], rows)
}
