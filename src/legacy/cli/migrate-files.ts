import type { App } from '../../app/app.ts'
import { oneLine } from '../../cli/terminal/one-line.ts'
import { openReportFile } from '../../cli/terminal/report-file.ts'
import { runLong } from '../../cli/terminal/run-long.ts'
import { uploads } from '../../domains/uploads/index.ts'
import type { LegacyFile } from '../files/move-file.ts'
import { moveLegacyFiles } from '../files/move-files.ts'
import {
  countLegacyFolder,
  type LegacyEntry,
  pathOf,
  readLegacyFolder,
  type SkippedEntry,
} from '../files/read-folder.ts'

export interface MigrateInput {
  readonly dryRun: boolean
  readonly parallel: number
  readonly rows: number
  /** The CSV file for the outcome of each file. */
  readonly report?: string
}

/** These outcomes need no attention. They are counted and not listed, so that the list shows only what does. */
const countedOnly: ReadonlySet<string> = new Set(['moved', 'already there'])

/** Uploads the files of a folder. The exit code is 1 if some could not be uploaded; all others are. */
export async function migrate(app: App, folder: string, input: MigrateInput): Promise<void> {
  const total = await countLegacyFolder(folder)
  const head = ['file', 'outcome', 'reason']
  await using file = await openReportFile(input.report, head)
  let notMoved = 0

  await runLong({ head, ...input }, async ({ begin, add, report, each }) => {
    begin({ total, unit: 'files' })
    const record = (path: string, outcome: string, reason: string) => {
      add(1)
      file.line([path, outcome, reason])
      if (countedOnly.has(outcome)) return report.count(outcome)
      notMoved += 1
      report.row(outcome, [oneLine(path, 100), outcome, oneLine(reason, 100)])
    }
    const files = filesOf(readLegacyFolder(folder), ({ path, outcome, reason }) => record(path, outcome, reason))
    await each(moveLegacyFiles(app.services(uploads), files, input), (moved) => {
      for (const one of moved) record(pathOf(one.file), one.outcome, one.reason)
    })
  })
  if (notMoved > 0) process.exitCode ||= 1
}

/** Yields the recordings and calls `onSkipped` for all other entries. */
async function* filesOf(
  entries: AsyncIterable<LegacyEntry>,
  onSkipped: (entry: SkippedEntry) => void,
): AsyncGenerator<LegacyFile> {
  for await (const entry of entries) {
    if ('file' in entry) yield entry.file
    else onSkipped(entry)
  }
}
