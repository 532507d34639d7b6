import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'
import { wholeNumber } from './terminal/whole-number.ts'

/**
 * What a command needs is loaded when it runs: `token` and `info` should not wait for the whole app.
 *
 * @param open opens the app that a command works on and closes when it is done.
 */
export function addUsers(program: Command, open: () => Promise<App> = openConfigured): void {
  const users = program.command('users').description('the people: what Clerk has of them, what an older system had')
  const rows = ['--rows <n>', 'how many rows are listed at most', wholeNumber, 50] as const

  users
    .command('reconcile')
    .description('makes, changes and deletes whom webhooks missed; lists the differences')
    .option('--dry-run', 'lists the differences and writes nothing', false)
    .option('--restart', 'begins anew where an earlier run was stopped', false)
    .option('--force', 'goes on although Clerk knows few of the people here', false)
    .option(...rows)
    .action(async (options: { dryRun: boolean; restart: boolean; force: boolean; rows: number }) => {
      const { reconcile } = await import('./users/reconcile.ts')
      await using app = await open()
      await reconcile(app, options)
    })
  users
    .command('import')
    .description('brings people of an older system, who wait for their Clerk user; once or often')
    .argument('<file>', 'CSV with a header, or JSON lines: legacy_id, email, first_name, last_name, credits')
    .option(...rows)
    .action(async (file: string, options: { rows: number }) => {
      const { importFile } = await import('./users/import.ts')
      await using app = await open()
      await importFile(app, file, options)
    })
  users
    .command('promote')
    .description('makes somebody an admin')
    .argument('<clerk-id>', 'user_…: an address may be with several people')
    .action(async (clerkId: string) => {
      const { promote } = await import('./users/promote.ts')
      await using app = await open()
      await promote(app, clerkId)
    })
  users
    .command('link-clerk')
    .description('gives imported people to the Clerk users who have verified their addresses')
    .option('--create', 'makes at Clerk whom it does not have, with external_id', false)
    .option('--dry-run', 'lists what would be done and writes nothing', false)
    .option(...rows)
    .action(async (options: { create: boolean; dryRun: boolean; rows: number }) => {
      const { link } = await import('./users/link.ts')
      await using app = await open()
      await link(app, options)
    })
}
