import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'
import { rowsOption } from './terminal/rows-option.ts'

/**
 * Adds the `users` commands and returns their parent command. A command loads what it needs when it runs, so that
 * `token` and `info` do not load the whole app.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addUsers(program: Command, open: () => Promise<App> = openConfigured): Command {
  const users = program.command('users').description('manage users')

  users
    .command('reconcile')
    .description('compare all users with Clerk, apply changes that webhooks missed, and list the differences')
    .option('--dry-run', 'list the differences without writing anything', false)
    .option('--restart', 'start over instead of continuing a stopped run', false)
    .option('--force', 'continue although Clerk has few of the users in this database', false)
    .option(...rowsOption)
    .action(async (options: { dryRun: boolean; restart: boolean; force: boolean; rows: number }) => {
      const { reconcile } = await import('./users/reconcile.ts')
      await using app = await open()
      await reconcile(app, options)
    })
  users
    .command('promote')
    .description('make a user an admin')
    .argument('<clerk-id>', "the user's Clerk id, user_…; an e-mail address may belong to several users")
    .action(async (clerkId: string) => {
      const { promote } = await import('./users/promote.ts')
      await using app = await open()
      await promote(app, clerkId)
    })
  return users
}
