import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { wholeNumber } from './terminal/whole-number.ts'

interface SmokeWish {
  readonly token?: string
  readonly wait: number
}

export function addSmoke(program: Command): void {
  program
    .command('smoke')
    .description('walks a running server through the main job, credits and plans, as a front end would')
    .argument('<url>', 'of the server: http://localhost:4000')
    .option('--token <token>', 'a session token, or - to read it from standard input; development makes one itself')
    .option('--wait <seconds>', 'how long the file may take to be read', wholeNumber, 60)
    .action(async (url: string, { token, wait }: SmokeWish) => {
      const api = addressOf(url)
      const { createClient } = await import('./smoke/client.ts')
      const { noteSteps } = await import('./smoke/step.ts')
      const { walk } = await import('./smoke/walk.ts')
      const steps = noteSteps()
      const client = createClient(api, await tokenOf(token))
      try {
        await walk(steps.step, client, { waitSeconds: wait })
      } finally {
        steps.tell()
      }
    })
}

/** The address of the server or of its GraphQL, with or without a slash. */
function addressOf(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(`"${url}" is no address of a server, such as http://localhost:4000.`)
  }
  return `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/`
}

/** In development as `npm run token` makes one; a real Clerk's tokens are not ours to make. */
async function tokenOf(given: string | undefined): Promise<string> {
  if (given !== undefined) return (given === '-' ? await text(process.stdin) : given).trim()
  const { readSettings } = await import('../config/config.ts')
  const { readEnvironment } = await import('../config/env.ts')
  const { mode, clerk, dataDir } = readSettings(readEnvironment())
  if (mode === 'production' || clerk) {
    throw new Error(
      'Give --token: in the front end, `await Clerk.session.getToken()` shows one. It lives a minute, which is enough.',
    )
  }
  const { developmentIdentity } = await import('../dev/identity.ts')
  const identity = await developmentIdentity(dataDir)
  return identity.signToken({ email: 'smoke@example.com', now: new Date(), expiresInSeconds: 600 })
}
