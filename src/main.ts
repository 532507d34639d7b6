import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { domains } from './app/domains.ts'
import { checkManifests } from './app/graphql/client-manifests.ts'
import { ConfigError, readSettings } from './config/config.ts'
import { readEnvironment } from './config/env.ts'

/**
 * The program: `node src/main.ts [api|worker|all]`. With --end-with-parent it ends when its parent process does, so
 * that no process is left when `npm start` is killed. --number is set for the processes that WEB_CONCURRENCY starts.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'end-with-parent': { type: 'boolean', default: false }, number: { type: 'string' } },
})
const role = positionals[0] ?? 'all'

try {
  if (role !== 'api' && role !== 'worker' && role !== 'all') {
    throw new ConfigError([`"${role}" is not a role. Choose api, worker or all.`])
  }
  const settings = readSettings(readEnvironment(), [
    ...domains.map(({ checkEnvironment }) => checkEnvironment),
    checkManifests,
  ])
  const endWithParent = values['end-with-parent']
  const program = fileURLToPath(import.meta.url)
  const number = values.number === undefined ? undefined : Number(values.number)
  if (number === undefined && role !== 'worker' && settings.webConcurrency > 1) {
    const { supervise } = await import('./app/process/supervise.ts')
    process.exitCode = await supervise(settings, { role, endWithParent, program })
  } else {
    // Imported here, because a process that supervises others needs none of it: 0.6 s of CPU.
    const { runProcess } = await import('./app/process/process.ts')
    await runProcess(settings, { role, endWithParent, ...(number === undefined ? {} : { number }) })
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
// Pending statements on a stalled Postgres would keep the process alive, as would the IPC channel to the parent with
// WEB_CONCURRENCY.
process.exit()
