import type { Settings } from '../../config/config.ts'
import { developmentSettings } from '../development-settings.ts'
import { renderTable } from '../terminal/table.ts'
import type { Samples, SendWish } from './samples.ts'
import { clerkSamples } from './send-clerk.ts'
import { revenueCatSamples } from './send-revenuecat.ts'

const providers: Readonly<Record<string, Samples>> = { clerk: clerkSamples, revenuecat: revenueCatSamples }

/** What a provider would send, to try things without it. */
export async function send(provider: string, type: string, wish: SendWish): Promise<void> {
  const settings = developmentSettings('webhooks send')
  const samples = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (!samples) throw new Error(`"${provider}" is not known here; ${Object.keys(providers).join(' and ')} are.`)

  const address = new URL(samples.path, wish.url ?? (await runningServer(settings)))
  const { eventId, headers, body } = await samples.make(settings, { ...wish, type, now: new Date() })
  const response = await fetch(address, { method: 'POST', headers, body }).catch((cause: unknown) => {
    throw new Error(`Nothing answers at ${address}. Start a server with \`npm start\`, or name another with --url.`, {
      cause,
    })
  })
  const rows: [string, string | number][] = [
    ['event', eventId],
    ['type', type],
    ['HTTP status', response.status],
  ]
  process.stdout.write(`${renderTable(['what', 'how it went'], rows)}\n`)
  if (!response.ok) throw new Error(`${address} did not take it: ${await response.text()}`)
  process.stdout.write(`\nTry next:\n  npm run cli -- webhooks show ${eventId}\n`)
  const query = samples.query(type, wish)
  if (query) {
    process.stdout.write(`  TOKEN=$(npm run --silent token -- ${wish.email})   and query ${query} with it\n`)
  }
}

async function runningServer({ dataDir }: Settings): Promise<string> {
  const { readStackFile } = await import('../../dev/embedded/stack-file.ts')
  const found = await readStackFile(dataDir)
  if (found) return found.api
  throw new Error(`No server is running on ${dataDir}. Start one with \`npm start\`, or name another with --url.`)
}
