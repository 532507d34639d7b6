import { getIntrospectionQuery, parse, validate } from 'graphql'
import { domains } from '../src/app/domains.ts'
import { buildSchema } from '../src/app/graphql/build-schema.ts'
import { renderTable } from '../src/cli/terminal/table.ts'
import { checkSize } from '../src/graphql/limits/document-size.ts'
import { largestDocuments } from '../src/testing/largest-documents.ts'
import { percentile } from './percentile.ts'

const schema = buildSchema(domains)

const rounds = 20
/** The kernel measures the CPU time of a thread in steps of 4 ms, so each measurement validates several times. */
const timesEach = 20

/** Measures how long it takes to validate a document that is not cached, for the largest allowed documents, in turns. */
export async function documents(): Promise<string> {
  const measured = [["GraphiQL's introspection", getIntrospectionQuery()] as const, ...largestDocuments].map(
    ([about, text]) => ({ about, document: parse(text), ms: [] as number[] }),
  )
  for (const { document } of measured) checkSize(document)
  for (let round = -rounds; round < rounds; round += 1) {
    for (const { document, ms } of measured) {
      const before = process.threadCpuUsage()
      for (let time = 0; time < timesEach; time += 1) {
        validate(schema, document, undefined, { maxErrors: 10, hideSuggestions: true })
      }
      const { user, system } = process.threadCpuUsage(before)
      if (round >= 0) ms.push((user + system) / 1_000 / timesEach)
    }
  }
  const median = ({ ms }: { readonly ms: number[] }) => percentile(ms, 0.5)
  const usual = median(measured[0] as { ms: number[] })
  return renderTable(
    ['document', 'CPU ms, p50', 'ratio'],
    measured.map((one) => [one.about, median(one).toFixed(1), `${(median(one) / usual).toFixed(1)} ×`]),
  )
}
