import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** A CSV file, for results that are too long for a table. */
export interface ReportFile extends AsyncDisposable {
  line(cells: readonly string[]): void
}

/** Creates or truncates the file. Without a name nothing is written. Disposing of it waits until all lines are written. */
export async function openReportFile(name: string | undefined, head: readonly string[]): Promise<ReportFile> {
  if (name === undefined) return { line: () => undefined, [Symbol.asyncDispose]: async () => undefined }
  const stream = createWriteStream(name)
  await once(stream, 'open').catch((cause: unknown) => {
    throw new Error(`The report ${name} cannot be written. Name a file in an existing folder.`, { cause })
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

/** An apostrophe keeps spreadsheets from running a cell as a formula: users choose the names of files. */
function quoted(cell: string): string {
  const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
