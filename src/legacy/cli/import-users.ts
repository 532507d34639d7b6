import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { App } from '../../app/app.ts'
import { oneLine } from '../../cli/terminal/one-line.ts'
import { runLong } from '../../cli/terminal/run-long.ts'
import { users } from '../../domains/users/index.ts'
import { importUsers } from '../users/import-users.ts'
import { newNotes, readLegacyUsers } from '../users/read-users.ts'

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
  const notes = newNotes()
  const report = await runLong(
    { head: ['line', 'reason of refusal'], rows },
    async ({ begin, add, print, report, each }) => {
      const bytes = createReadStream(file)
      let read = 0
      begin({ total: size, unit: 'bytes' })
      await each(
        importUsers({ db: db.prisma, emails: services(users).emails, clock }, readLegacyUsers(bytes, notes)),
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
      const { dividedNames, unknownColumns } = notes
      if (dividedNames > 0) {
        print(`The column name fills first and last name, divided at its last space. Users: ${dividedNames}.`)
      }
      const names = [...unknownColumns].map((name) => oneLine(name, 40))
      if (names.length > 0) print(`These columns are unknown or repeated, and were ignored: ${names.join(', ')}.`)
    },
  )
  if (report.of('refused') > 0) process.exitCode ||= 1
}
