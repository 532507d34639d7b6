import { createAdapters } from '../../app/adapters.ts'
import { domains } from '../../app/domains.ts'
import { checkManifests } from '../../app/graphql/client-manifests.ts'
import { type Config, ConfigError, isComplete, readSettings, type Settings } from '../../config/config.ts'
import { type Environment, readEnvironment } from '../../config/env.ts'
import { checkAll, printFindings } from './check-all.ts'
import type { Processes } from './check-connection-count.ts'
import { failed } from './finding.ts'

/** Checks the services that the environment names, and in development those that the running server embeds. */
export async function runDoctor(processes: Processes): Promise<void> {
  const environment = readEnvironment()
  const settings = settingsOf(environment)
  if (!settings) return
  await using stack = new AsyncDisposableStack()
  const config = isComplete(settings) ? settings : await embeddedConfig(settings, stack)
  const adapters = stack.use(createAdapters(config))
  printFindings(await checkAll({ config, adapters, environment, isClerkEmbedded: !settings.clerk }, processes))
}

/** Reads the settings. Prints all problems and returns null if the environment is invalid. */
function settingsOf(environment: Environment): Settings | null {
  try {
    return readSettings(environment, [...domains.map(({ checkEnvironment }) => checkEnvironment), checkManifests])
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const todo = 'Correct it, then run the doctor again for the other checks.'
    printFindings(error.problems.map((problem) => failed('environment', problem, todo)))
    return null
  }
}

/** The doctor starts no embedded services. It checks those of the running development server. */
async function embeddedConfig(settings: Settings, stack: AsyncDisposableStack): Promise<Config> {
  const { readStackFile } = await import('../../dev/embedded/stack-file.ts')
  const { isServing } = await import('../is-serving.ts')
  const found = await readStackFile(settings.dataDir)
  if (!found || !(await isServing(found.api))) {
    throw new Error(
      `No server is running on ${settings.dataDir}, and the environment does not configure every service. ` +
        'Start one with `npm start`, or set DATA_DIR. To check production, set NODE_ENV=production.',
    )
  }
  const { openStack } = await import('../../dev/embedded/stack.ts')
  return stack.use(await openStack(settings, { join: true })).config
}
