import type { Settings } from '../config/config.ts'
import { developmentSettings } from './development-settings.ts'
import { renderTable } from './table.ts'

interface SendWish {
  readonly email: string
  readonly id?: string
  readonly url?: string
}

/** What a provider would send, to try things without it. */
export async function send(provider: string, type: string, wish: SendWish): Promise<void> {
  const settings = developmentSettings('webhooks send')
  if (provider !== 'clerk') throw new Error(`"${provider}" is not known here; clerk is.`)
  await sendSample(settings, type, wish)
}

async function sendSample(settings: Settings, type: string, { email, id, url }: SendWish): Promise<void> {
  const { sampleDelivery } = await import('../dev/clerk-sample.ts')
  const address = new URL('/webhooks/clerk', url ?? (await runningServer(settings)))
  const now = new Date()
  const { eventId, headers, body } = sampleDelivery(await secretOf(settings), { type, email, clerkId: id, now })
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
  if (id === undefined && type.startsWith('user.')) {
    process.stdout.write(`  TOKEN=$(npm run --silent token -- ${email})   and query { me { name email } } with it\n`)
  }
}

async function runningServer({ dataDir }: Settings): Promise<string> {
  const { readStackFile } = await import('../dev/stack-file.ts')
  const found = await readStackFile(dataDir)
  if (found) return found.api
  throw new Error(`No server is running on ${dataDir}. Start one with \`npm start\`, or name another with --url.`)
}

async function secretOf(settings: Settings): Promise<string> {
  const { developmentKeys } = await import('../dev/keys.ts')
  const { webhookSecrets } = await import('../dev/stack.ts')
  const [secret] = webhookSecrets(settings, await developmentKeys(settings.dataDir))
  if (secret) return secret
  throw new Error('CLERK_WEBHOOK_SECRET is not set, and without it the server takes no webhook.')
}
