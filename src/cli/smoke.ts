import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { wholeNumber } from './terminal/whole-number.ts'

interface SmokeInput {
  readonly token?: string
  readonly wait: number
}

/** Adds the `smoke` command. */
export function addSmoke(program: Command): void {
  program
    .command('smoke')
    .description('test a running server as a front end: upload and read an activity, credits and plans')
    .argument('<url>', 'URL of the server: http://localhost:4000')
    .option('--token <token>', 'session token, or - to read it from standard input; in development one is created')
    .option('--wait <seconds>', 'how long to wait until the file has been read', wholeNumber, 60)
    .action(async (url: string, { token, wait }: SmokeInput) => {
      const api = addressOf(url)
      const { createClient } = await import('./smoke/client.ts')
      const { createStepReport } = await import('./smoke/step-report.ts')
      const { runSmokeTest } = await import('./smoke/run-smoke-test.ts')
      const steps = createStepReport()
      const client = createClient(api, await tokenOf(token))
      try {
        await runSmokeTest(steps.step, client, { waitSeconds: wait })
      } finally {
        steps.print()
      }
    })
}

/** The server's URL with a trailing slash, from its URL or the URL of its GraphQL endpoint. */
function addressOf(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(`"${url}" is not the URL of a server, such as http://localhost:4000.`)
  }
  return `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/`
}

/** The given token, or in development one as `npm run token` creates it. Only Clerk can create tokens of Clerk. */
async function tokenOf(given: string | undefined): Promise<string> {
  if (given !== undefined) return (given === '-' ? await text(process.stdin) : given).trim()
  const { readSettings } = await import('../config/config.ts')
  const { readEnvironment } = await import('../config/env.ts')
  const { mode, clerk, dataDir } = readSettings(readEnvironment())
  if (mode === 'production' || clerk) {
    throw new Error(
      'Give --token: in the front end, `await Clerk.session.getToken()` returns one. It expires after a minute, which is enough.',
    )
  }
  const { developmentIdentity } = await import('../dev/identity.ts')
  const identity = await developmentIdentity(dataDir)
  return identity.signToken({ email: 'smoke@example.com', now: new Date(), expiresInSeconds: 600 })
}
