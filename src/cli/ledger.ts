import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'

/**
 * Adds the `ledger` commands.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addLedger(program: Command, open: () => Promise<App> = openConfigured): void {
  const ledger = program.command('ledger').description('inspect the double-entry ledger of credits')

  ledger
    .command('verify')
    .description('check the invariants of every wallet, transaction, lot, hold and debt; exits with 1 on a mismatch')
    .action(async () => {
      const { verify } = await import('./ledger/verify.ts')
      await using app = await open()
      await verify(app)
    })
}
