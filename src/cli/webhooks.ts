import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app/app.ts'
import { InboxState } from '../generated/prisma/enums.ts'
import { openConfigured } from './open-configured.ts'
import { rowLimit } from './terminal/row-limit.ts'
import type { FilterInput } from './webhooks/filter.ts'
import type { SendInput } from './webhooks/samples.ts'

/**
 * Adds the `webhooks` commands.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addWebhooks(program: Command, open: () => Promise<App> = openConfigured): void {
  const webhooks = program.command('webhooks').description('inspect, replay and simulate webhook events of providers')

  withFilter(webhooks.command('list').description('list the newest events, without their bodies'))
    .option('--limit <n>', 'maximum number of events, up to 1000', rowLimit, 50)
    .option('--json', 'print JSON', false)
    .action(async (input: FilterInput & { limit: number; json: boolean }) => {
      const { list } = await import('./webhooks/list.ts')
      await using app = await open()
      await list(app, input)
    })
  webhooks
    .command('show')
    .description('print one event')
    .argument('<id>', "our id or the provider's: msg_…")
    .option('--body', 'also print the decrypted body, which contains personal data', false)
    .action(async (id: string, options: { body: boolean }) => {
      const { show } = await import('./webhooks/show.ts')
      await using app = await open()
      await show(app, id, options)
    })
  withFilter(webhooks.command('replay').description('process events again; processing is idempotent'))
    .argument('[ids...]', "our ids or the provider's")
    .option('--all', 'replay every stored event', false)
    .option('--dry-run', 'print the number of events without replaying them', false)
    .action(async (ids: string[], input: FilterInput & { all: boolean; dryRun: boolean }) => {
      const { replay } = await import('./webhooks/replay.ts')
      await using app = await open()
      await replay(app, ids, input)
    })
  webhooks
    .command('send')
    .description('send a signed sample event to the running development server')
    .argument('<provider>', 'clerk or revenuecat')
    .argument('<type>', 'user.created, user.updated, user.deleted; INITIAL_PURCHASE, RENEWAL, …; or any other')
    .option('--email <address>', "the user's e-mail address, as given to `npm run token`", 'alice@example.com')
    .option('--id <id>', "the user's id at the provider, instead of the one that belongs to the e-mail address")
    .option('--product <id>', "revenuecat: the store's product id; by default the first product of the plans")
    .option('--transaction <id>', "revenuecat: the store's transaction id, to refund a certain period or pack")
    .option('--reason <reason>', 'revenuecat: reason of a CANCELLATION (CUSTOMER_SUPPORT is a refund) or EXPIRATION')
    .option('--to <address>', 'revenuecat: e-mail address of the user who receives a TRANSFER')
    .option('--url <url>', "URL of another server than this folder's: http://localhost:4000")
    .action(async (provider: string, type: string, input: SendInput) => {
      const { send } = await import('./webhooks/send.ts')
      await send(provider, type, input)
    })
}

function withFilter(command: Command): Command {
  return command
    .option('--state <state>', `only events in this state: ${Object.values(InboxState).join(', ')}`, inboxState)
    .option('--type <type>', 'only events of this type: user.created, RENEWAL')
    .option('--source <source>', 'only events of this provider: clerk, revenuecat')
    .option('--since <time>', 'only events received since then: 2h, 7d, 2026-11-21T09:30:00Z')
}

function inboxState(text: string): InboxState {
  const state = Object.values(InboxState).find((name) => name === text.toUpperCase())
  if (!state) throw new InvalidArgumentError(`It must be one of ${Object.values(InboxState).join(', ')}.`)
  return state
}
