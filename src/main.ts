import { parseArgs } from 'node:util'
import { runProcess } from './app/process.ts'
import { ConfigError, readSettings } from './config/config.ts'
import { readEnvironment } from './config/env.ts'

/**
 * The one program: `node src/main.ts [api|worker|all]`. With --end-with-parent it also ends when what started it does,
 * so that nothing is left when `npm start` is killed.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'end-with-parent': { type: 'boolean', default: false } },
})
const role = positionals[0] ?? 'all'

try {
  if (role !== 'api' && role !== 'worker' && role !== 'all') {
    throw new ConfigError([`"${role}" is not a role. Choose api, worker or all.`])
  }
  const settings = readSettings(readEnvironment())
  await runProcess(settings, { role, endWithParent: values['end-with-parent'] })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
