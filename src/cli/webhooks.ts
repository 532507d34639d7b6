import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app/app.ts'
import { InboxState } from '../generated/prisma/enums.ts'
import { openConfigured } from './open-configured.ts'
import { rowLimit } from './terminal/row-limit.ts'
import type { FilterWish } from './webhooks/filter.ts'
import type { SendWish } from './webhooks/samples.ts'

/** @param open opens the app that a command works on and closes when it is done. */
export function addWebhooks(program: Command, open: () => Promise<App> = openConfigured): void {
  const webhooks = program.command('webhooks').description('what providers sent us')

  withFilter(webhooks.command('list').description('the newest events, without what they say'))
    .option('--limit <n>', 'how many at most, up to 1000', rowLimit, 50)
    .option('--json', 'as JSON', false)
    .action(async (wish: FilterWish & { limit: number; json: boolean }) => {
      const { list } = await import('./webhooks/list.ts')
      await using app = await open()
      await list(app, wish)
    })
  webhooks
    .command('show')
    .description('one event')
    .argument('<id>', "our id or the provider's: msg_…")
    .option('--body', 'also what it says, decrypted: it speaks of people', false)
    .action(async (id: string, options: { body: boolean }) => {
      const { show } = await import('./webhooks/show.ts')
      await using app = await open()
      await show(app, id, options)
    })
  withFilter(webhooks.command('replay').description('has events worked on again; what they did is not done twice'))
    .argument('[ids...]', "our ids or the provider's")
    .option('--all', 'every event that is there', false)
    .option('--dry-run', 'says how many and does nothing', false)
    .action(async (ids: string[], wish: FilterWish & { all: boolean; dryRun: boolean }) => {
      const { replay } = await import('./webhooks/replay.ts')
      await using app = await open()
      await replay(app, ids, wish)
    })
  webhooks
    .command('send')
    .description('sends an invented, signed event to the running development server')
    .argument('<provider>', 'clerk or revenuecat')
    .argument('<type>', 'user.created, user.updated, user.deleted; INITIAL_PURCHASE, RENEWAL, …; or any other')
    .option('--email <address>', 'of whom; the same person as `npm run token` signs in', 'alice@example.com')
    .option('--id <id>', 'another id at the provider than that person has')
    .option('--product <id>', "revenuecat: what the store calls it; the first of the plans' products unless told")
    .option('--transaction <id>', "revenuecat: the store's, for a refund of a certain period or pack")
    .option('--reason <reason>', 'revenuecat: of a CANCELLATION (CUSTOMER_SUPPORT is a refund) or an EXPIRATION')
    .option('--to <address>', 'revenuecat: of a TRANSFER, who gains')
    .option('--url <url>', "another server than this folder's: http://localhost:4000")
    .action(async (provider: string, type: string, wish: SendWish) => {
      const { send } = await import('./webhooks/send.ts')
      await send(provider, type, wish)
    })
}

function withFilter(command: Command): Command {
  return command
    .option('--state <state>', `only those: ${Object.values(InboxState).join(', ')}`, inboxState)
    .option('--type <type>', 'only those: user.created, RENEWAL')
    .option('--source <source>', 'only those: clerk, revenuecat')
    .option('--since <time>', 'only those received since: 2h, 7d, 2026-11-21T09:30:00Z')
}

function inboxState(text: string): InboxState {
  const state = Object.values(InboxState).find((name) => name === text.toUpperCase())
  if (!state) throw new InvalidArgumentError(`It is one of ${Object.values(InboxState).join(', ')}.`)
  return state
}
