import type { Config, Settings } from '../config/config.ts'
import { openStack } from './embedded/stack.ts'
import { removeStackFile, writeStackFile } from './embedded/stack-file.ts'
import { graphiqlPage } from './graphiql.ts'
import { developmentTokenSeconds } from './identity.ts'
import { tokenEndpoint } from './token-endpoint.ts'
import { welcome } from './welcome.ts'

/** The user that GraphiQL and the startup message are signed in as. */
const developmentUser = 'alice@example.com'

export interface Development extends AsyncDisposable {
  readonly config: Config
  readonly graphiql: ReturnType<typeof graphiqlPage>
  readonly tokenEndpoint: ReturnType<typeof tokenEndpoint>
  /** Prints the startup message, and writes the addresses to the stack file for other processes. */
  announce(api: string): Promise<void>
}

/** Starts what a development server has in addition to a production server: embedded services and GraphiQL. */
export async function startDevelopment(settings: Settings, options: { join: boolean }): Promise<Development> {
  const stack = await openStack(settings, options)
  const { config, identity } = stack
  const { dataDir } = config
  const token = async () =>
    identity?.signToken({ email: developmentUser, now: new Date(), expiresInSeconds: developmentTokenSeconds }) ?? null
  let announced = false

  return {
    config,
    graphiql: graphiqlPage({ email: developmentUser, token }),
    tokenEndpoint: tokenEndpoint(identity),
    async announce(api) {
      const { url: databaseUrl } = config.database
      const { endpoint: bucketEndpoint } = config.bucket
      await writeStackFile({ pid: process.pid, api, databaseUrl, bucketEndpoint, dataDir })
      announced = true
      const message = { api, databaseUrl, bucketEndpoint, dataDir, email: developmentUser, token: await token() }
      process.stdout.write(welcome(message))
    },
    async [Symbol.asyncDispose]() {
      if (announced) await removeStackFile(dataDir)
      await stack[Symbol.asyncDispose]()
    },
  }
}
