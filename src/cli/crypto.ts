import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { newKey } from '../platform/encryption/encryptor.ts'
import { openConfigured } from './open-configured.ts'
import { wholeNumber } from './terminal/whole-number.ts'

/**
 * Adds the `crypto` commands.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addCrypto(program: Command, open: () => Promise<App> = openConfigured): void {
  const crypto = program.command('crypto').description('manage the keys that encrypt database columns')

  crypto
    .command('new-key')
    .description('print a new key for EMAIL_ENC_KEY or EMAIL_INDEX_KEY, and nothing else')
    .action(() => {
      process.stdout.write(`${newKey()}\n`)
    })
  crypto
    .command('rotate')
    .description('re-encrypt values that an older key encrypted, with the first key of EMAIL_ENC_KEY')
    .option('--rows <n>', 'maximum number of unreadable values to print', wholeNumber, 50)
    .action(async (options: { rows: number }) => {
      const { rotate } = await import('./crypto/rotate.ts')
      await using app = await open()
      await rotate(app, options)
    })
}
