import { createECDH } from 'node:crypto'
import type { Command } from 'commander'

/** Adds the `notifications` commands. */
export function addNotifications(program: Command): void {
  const notifications = program.command('notifications').description('configure how users are notified')

  notifications
    .command('vapid-keys')
    .description('print a new pair of keys for push messages to browsers, as lines of .env')
    .action(() => {
      const { publicKey, privateKey } = newVapidKeys()
      process.stdout.write(`VAPID_PUBLIC_KEY=${publicKey}\nVAPID_PRIVATE_KEY=${privateKey}\n`)
    })
}

/** A key pair of P-256 (RFC 8292), as base64url. */
export function newVapidKeys(): { readonly publicKey: string; readonly privateKey: string } {
  const keys = createECDH('prime256v1')
  const publicKey = keys.generateKeys('base64url')
  // Without its leading zeros otherwise.
  const privateKey = Buffer.from(keys.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url')
  return { publicKey, privateKey }
}
