import { createAdapters } from '../../app/adapters.ts'
import { type Config, ConfigError, isComplete, readSettings, type Settings } from '../../config/config.ts'
import { type Environment, readEnvironment } from '../../config/env.ts'
import { examine, tell } from './examine.ts'
import { failed } from './finding.ts'
import type { Processes } from './judge-pool.ts'

/** Examines what the environment names, and in development what the running server embeds. */
export async function examineEnvironment(processes: Processes): Promise<void> {
  const environment = readEnvironment()
  const settings = settingsOf(environment)
  if (!settings) return
  await using stack = new AsyncDisposableStack()
  const config = isComplete(settings) ? settings : await embeddedConfig(settings, stack)
  const adapters = stack.use(createAdapters(config))
  tell(await examine({ config, adapters, environment, isClerkEmbedded: !settings.clerk }, processes))
}

/** Null where the environment does not fit, when all its problems were told. */
function settingsOf(environment: Environment): Settings | null {
  try {
    return readSettings(environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const todo = 'Mend it, then run the doctor again for the rest.'
    tell(error.problems.map((problem) => failed('environment', problem, todo)))
    return null
  }
}

/** What is embedded belongs to a server: the doctor starts nothing, and looks at what runs. */
async function embeddedConfig(settings: Settings, stack: AsyncDisposableStack): Promise<Config> {
  const { readStackFile } = await import('../../dev/embedded/stack-file.ts')
  const { isServing } = await import('../is-serving.ts')
  const found = await readStackFile(settings.dataDir)
  if (!found || !(await isServing(found.api))) {
    throw new Error(
      `No server is running on ${settings.dataDir}, and the environment does not name everything. ` +
        'Start one with `npm start`, or set DATA_DIR; for production set NODE_ENV=production too.',
    )
  }
  const { openStack } = await import('../../dev/embedded/stack.ts')
  return stack.use(await openStack(settings, { join: true })).config
}
