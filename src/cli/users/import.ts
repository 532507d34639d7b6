import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { App } from '../../app/app.ts'
import { importUsers, readLegacyPeople } from '../../domains/users/index.ts'
import { runLong } from '../terminal/run-long.ts'

/** Exits with 1 where a line was refused, when all others are in. */
export async function importFile({ db, emails, clock }: App, file: string, { rows }: { rows: number }): Promise<void> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new Error(`The file ${file} cannot be read. Say where it is, from ${process.cwd()} on.`, { cause })
  })
  const report = await runLong({ head: ['line', 'refused because'], rows }, ({ begin, add, report, each }) => {
    const bytes = createReadStream(file)
    let read = 0
    begin({ total: size, unit: 'bytes' })
    return each(
      importUsers({ db: db.prisma, emails, clock }, readLegacyPeople(bytes)),
      ({ created, updated, unchanged, linked, refused }) => {
        add(bytes.bytesRead - read)
        read = bytes.bytesRead
        report.count('created', created)
        report.count('updated', updated)
        report.count('unchanged', unchanged)
        report.count('already linked', linked)
        for (const { line, refusal } of refused) report.row('refused', [line, refusal])
      },
    )
  })
  if (report.of('refused') > 0) process.exitCode ||= 1
}
