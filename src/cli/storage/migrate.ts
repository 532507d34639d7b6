import type { App } from '../../app/app.ts'
import { uploadOwners } from '../../app/upload-owners.ts'
import { type LegacyFile, moveLegacyFiles } from '../../domains/activities/index.ts'
import { uploadCounter } from '../../domains/uploads/index.ts'
import { oneLine } from '../terminal/one-line.ts'
import { openReportFile } from '../terminal/report-file.ts'
import { runLong } from '../terminal/run-long.ts'
import { countLegacyFolder, type LegacyEntry, type Passed, pathOf, readLegacyFolder } from './legacy-folder.ts'

export interface MigrateWish {
  readonly dryRun: boolean
  readonly parallel: number
  readonly rows: number
  /** The name of a file for what became of each. */
  readonly report?: string
}

/** What nobody has to look at; listed, it would hide what somebody should. */
const wantsNobody: ReadonlySet<string> = new Set(['moved', 'already there'])

/** Exits with 1 where something could not be moved, when all others are. */
export async function migrate(app: App, folder: string, wish: MigrateWish): Promise<void> {
  const { db, adapters, usage, clock, metrics } = app
  const countUpload = uploadCounter(metrics)
  const ports = { db, bucket: adapters.bucket, owners: uploadOwners, usage, clock, countUpload }
  const total = await countLegacyFolder(folder)
  await using file = await openReportFile(wish.report, ['file', 'what', 'why'])
  let left = 0

  await runLong({ head: ['file', 'what', 'why'], ...wish }, async ({ begin, add, report, each }) => {
    begin({ total, unit: 'files' })
    const tell = (path: string, what: string, why: string) => {
      add(1)
      file.line([path, what, why])
      if (wantsNobody.has(what)) return report.count(what)
      left += 1
      report.row(what, [oneLine(path, 100), what, oneLine(why, 100)])
    }
    const files = readable(readLegacyFolder(folder), ({ path, what, why }) => tell(path, what, why))
    await each(moveLegacyFiles(ports, files, wish), (moved) => {
      for (const one of moved) tell(pathOf(one.file), one.outcome, one.reason)
    })
  })
  if (left > 0) process.exitCode ||= 1
}

async function* readable(
  entries: AsyncIterable<LegacyEntry>,
  pass: (passed: Passed) => void,
): AsyncGenerator<LegacyFile> {
  for await (const entry of entries) {
    if ('file' in entry) yield entry.file
    else pass(entry)
  }
}
