import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** A file of comma-separated lines, for what is too much for a table. */
export interface ReportFile extends AsyncDisposable {
  line(cells: readonly string[]): void
}

/** Begins the file anew; without a name nothing is written. Disposing of it waits until all is on the disk. */
export async function openReportFile(name: string | undefined, head: readonly string[]): Promise<ReportFile> {
  if (name === undefined) return { line: () => undefined, [Symbol.asyncDispose]: async () => undefined }
  const stream = createWriteStream(name)
  await once(stream, 'open').catch((cause: unknown) => {
    throw new Error(`The report ${name} cannot be written. Name a file in a folder that is there.`, { cause })
  })
  const line = (cells: readonly string[]) => void stream.write(`${cells.map(quoted).join(',')}\n`)
  line(head)
  return {
    line,
    async [Symbol.asyncDispose]() {
      stream.end()
      await finished(stream)
    },
  }
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
