import { Command } from 'commander'
import { addInfo } from './info.ts'
import { addSeed } from './seed.ts'
import { addToken } from './token.ts'

/** `npm run cli -- <command>`: each file of this folder adds its commands. */
const program = new Command('cli').description('What the people who run Pacer need.').showHelpAfterError()

for (const add of [addInfo, addSeed, addToken]) add(program)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
