import type { Settings } from '../../config/config.ts'
import { developmentSettings } from '../development-settings.ts'
import { renderTable } from '../terminal/table.ts'
import { clerkSamples } from './clerk-samples.ts'
import { revenueCatSamples } from './revenuecat-samples.ts'
import type { Samples, SendInput } from './samples.ts'

const providers: Readonly<Record<string, Samples>> = { clerk: clerkSamples, revenuecat: revenueCatSamples }

/** Sends a sample event to a development server, as the provider would. */
export async function send(provider: string, type: string, input: SendInput): Promise<void> {
  const settings = developmentSettings('webhooks send')
  const samples = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (!samples) throw new Error(`Unknown provider "${provider}". Use one of: ${Object.keys(providers).join(', ')}.`)

  const address = new URL(samples.path, input.url ?? (await runningServer(settings)))
  const { eventId, headers, body } = await samples.make(settings, { ...input, type, now: new Date() })
  const response = await fetch(address, { method: 'POST', headers, body }).catch((cause: unknown) => {
    throw new Error(`No server answers at ${address}. Start one with \`npm start\`, or name another with --url.`, {
      cause,
    })
  })
  const rows: [string, string | number][] = [
    ['event', eventId],
    ['type', type],
    ['HTTP status', response.status],
  ]
  process.stdout.write(`${renderTable(['field', 'value'], rows)}\n`)
  if (!response.ok) throw new Error(`${address} refused the event: ${await response.text()}`)
  process.stdout.write(`\nTry next:\n  npm run cli -- webhooks show ${eventId}\n`)
  const query = samples.query(type, input)
  if (query) {
    process.stdout.write(`  TOKEN=$(npm run --silent token -- ${input.email})   and query ${query} with it\n`)
  }
}

async function runningServer({ dataDir }: Settings): Promise<string> {
  const { readStackFile } = await import('../../dev/embedded/stack-file.ts')
  const found = await readStackFile(dataDir)
  if (found) return found.api
  throw new Error(`No server is running on ${dataDir}. Start one with \`npm start\`, or name another with --url.`)
}
