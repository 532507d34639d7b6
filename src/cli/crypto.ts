import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { newKey } from '../platform/sealing/sealing.ts'
import { openConfigured } from './open-configured.ts'
import { wholeNumber } from './terminal/whole-number.ts'

/** @param open opens the app that a command works on and closes when it is done. */
export function addCrypto(program: Command, open: () => Promise<App> = openConfigured): void {
  const crypto = program.command('crypto').description('the keys that encrypt what lies in the database')

  crypto
    .command('new-key')
    .description('a key for EMAIL_ENC_KEY or EMAIL_INDEX_KEY, and nothing else, on standard output')
    .action(() => {
      process.stdout.write(`${newKey()}\n`)
    })
  crypto
    .command('rotate')
    .description('encrypts anew, with the first key of EMAIL_ENC_KEY, what an older one has encrypted')
    .option('--rows <n>', 'how many of the values that no key opens are listed at most', wholeNumber, 50)
    .action(async (options: { rows: number }) => {
      const { rotate } = await import('./crypto/rotate.ts')
      await using app = await open()
      await rotate(app, options)
    })
}
