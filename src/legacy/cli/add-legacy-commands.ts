import type { Command } from 'commander'
import type { App } from '../../app/app.ts'
import { openConfigured } from '../../cli/open-configured.ts'
import { parallelFiles } from '../../cli/terminal/parallel-files.ts'
import { rowsOption } from '../../cli/terminal/rows-option.ts'
import type { MigrateInput } from './migrate-files.ts'

/** The parent commands that the legacy commands are added to. */
export interface ParentCommands {
  readonly users: Command
  readonly storage: Command
}

/**
 * Adds the commands of the one-off migration from an older system: `users import`, `users link-clerk` and
 * `storage migrate`.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addLegacyCommands(parents: ParentCommands, open: () => Promise<App> = openConfigured): void {
  addUserCommands(parents.users, open)
  addStorageCommands(parents.storage, open)
}

function addUserCommands(users: Command, open: () => Promise<App>): void {
  users
    .command('import')
    .description('import users of an older system, to be linked to Clerk users later; can be repeated')
    .argument('<file>', 'CSV with a header, or JSON lines: legacy_id, email, first_name, last_name (or name), credits')
    .option(...rowsOption)
    .action(async (file: string, options: { rows: number }) => {
      const { importFile } = await import('./import-users.ts')
      await using app = await open()
      await importFile(app, file, options)
    })
  users
    .command('link-clerk')
    .description('link imported users to the Clerk users who have verified their e-mail addresses')
    .option('--create', 'create missing users at Clerk, with the legacy id as external_id', false)
    .option('--dry-run', 'list the changes without writing anything', false)
    .option(...rowsOption)
    .action(async (options: { create: boolean; dryRun: boolean; rows: number }) => {
      const { link } = await import('./link-users.ts')
      await using app = await open()
      await link(app, options)
    })
}

function addStorageCommands(storage: Command, open: () => Promise<App>): void {
  storage
    .command('migrate')
    .description("upload an older system's recordings to the bucket, after `users import`; can be repeated")
    .argument('<folder>', 'contains <user>/<activity>.fit; <user> is the legacy_id of `users import`')
    .option('--dry-run', 'check everything without writing anything', false)
    .option('--parallel <n>', 'number of files to upload at once, up to 50', parallelFiles, 8)
    .option('--report <file>', 'write the result of each file to a CSV file')
    .option(...rowsOption)
    .action(async (folder: string, input: MigrateInput) => {
      const { migrate } = await import('./migrate-files.ts')
      await using app = await open()
      await migrate(app, folder, input)
    })
}
