import { Command } from 'commander'
import { addCrypto } from './crypto.ts'
import { addInfo } from './info.ts'
import { addSeed } from './seed.ts'
import { addToken } from './token.ts'
import { addUsers } from './users.ts'
import { addWebhooks } from './webhooks.ts'

/** `npm run cli -- <command>`: each file of this folder adds its commands. */
const program = new Command('cli').description('What the people who run Pacer need.').showHelpAfterError()

for (const add of [addInfo, addSeed, addToken, addUsers, addWebhooks, addCrypto]) add(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
