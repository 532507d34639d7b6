import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { App } from '../../app/app.ts'
import { runLong } from '../../cli/terminal/run-long.ts'
import { users } from '../../domains/users/index.ts'
import { importUsers } from '../users/import-users.ts'
import { readLegacyUsers } from '../users/read-users.ts'

/** Imports the users of a file. The exit code is 1 if a line was refused; all other lines are imported. */
export async function importFile(
  { db, clock, services }: App,
  file: string,
  { rows }: { rows: number },
): Promise<void> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new Error(`The file ${file} cannot be read. Give its path, absolute or relative to ${process.cwd()}.`, {
      cause,
    })
  })
  const report = await runLong({ head: ['line', 'reason of refusal'], rows }, ({ begin, add, report, each }) => {
    const bytes = createReadStream(file)
    let read = 0
    begin({ total: size, unit: 'bytes' })
    return each(
      importUsers({ db: db.prisma, emails: services(users).emails, clock }, readLegacyUsers(bytes)),
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
