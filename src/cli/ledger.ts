import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'

/** @param open opens the app that a command works on and closes when it is done. */
export function addLedger(program: Command, open: () => Promise<App> = openConfigured): void {
  const ledger = program.command('ledger').description("the credits of people's wallets, by double entry")

  ledger
    .command('verify')
    .description('checks all that must hold of every wallet, transaction, lot, hold and debt; fails where it does not')
    .action(async () => {
      const { verify } = await import('./ledger/verify.ts')
      await using app = await open()
      await verify(app)
    })
}
