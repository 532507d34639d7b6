import type { Settings } from '../../config/config.ts'
import { type Check, type Finding, ok, warning } from './finding.ts'

/** Svix makes them of 24 bytes; a shorter one was cut when it was copied. */
const shortestBytes = 24

/** What the secrets look like; whether they are right shows the first delivery only. */
export function checkWebhooks({ clerkWebhookSecrets, revenueCat }: Settings): Check[] {
  const what = 'webhook secrets'
  return [{ what, todo: '', run: async () => [judgeClerk(clerkWebhookSecrets), judgeRevenueCat(revenueCat)] }]
}

function judgeClerk(secrets: readonly string[]): Finding {
  const what = 'Clerk webhook secret'
  const todo = 'Copy CLERK_WEBHOOK_SECRET whole from the dashboard, Webhooks, the endpoint.'
  if (secrets.length === 0) return warning(what, 'none: /webhooks/clerk answers 503', todo)
  const isShort = secrets.some((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length < shortestBytes)
  return isShort ? warning(what, 'shorter than Clerk makes them', todo) : ok(what, countOf(secrets.length, 'secret'))
}

function judgeRevenueCat({ webhookAuthorizations, webhookSecrets, apiKey }: Settings['revenueCat']): Finding {
  const what = 'RevenueCat webhook'
  const parts = [
    ...(webhookAuthorizations.length > 0 ? [countOf(webhookAuthorizations.length, 'Authorization value')] : []),
    ...(webhookSecrets.length > 0 ? [countOf(webhookSecrets.length, 'signing secret')] : []),
  ]
  if (parts.length > 0) return ok(what, parts.join(' and '))
  if (apiKey === undefined) return ok(what, 'not configured: plans are off')
  const todo = 'Set REVENUECAT_WEBHOOK_AUTHORIZATION or REVENUECAT_WEBHOOK_SECRET, as the dashboard has it.'
  return warning(what, 'none: /webhooks/revenuecat answers 503', todo)
}

function countOf(count: number, name: string): string {
  return count === 1 ? `one ${name}` : `${count} ${name}s, for a change`
}
