import type { Settings } from '../../config/config.ts'
import { type Check, type Finding, ok, warning } from './finding.ts'

/** Svix secrets have 24 bytes; a shorter one was copied incompletely. */
const minBytes = 24

/** Checks that webhook secrets are set and complete. Only a delivery can show whether they are correct. */
export function checkWebhooks({ clerkWebhookSecrets, revenueCat }: Settings): Check[] {
  const what = 'webhook secrets'
  return [{ what, todo: '', run: async () => [checkClerkSecrets(clerkWebhookSecrets), checkRevenueCat(revenueCat)] }]
}

function checkClerkSecrets(secrets: readonly string[]): Finding {
  const what = 'Clerk webhook secret'
  const todo = 'Copy the complete CLERK_WEBHOOK_SECRET from the dashboard: Webhooks, the endpoint.'
  if (secrets.length === 0) return warning(what, 'not set: /webhooks/clerk answers 503', todo)
  const isShort = secrets.some((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length < minBytes)
  return isShort ? warning(what, "shorter than Clerk's secrets", todo) : ok(what, countOf(secrets.length, 'secret'))
}

function checkRevenueCat({ webhookAuthorizations, webhookSecrets, apiKey }: Settings['revenueCat']): Finding {
  const what = 'RevenueCat webhook'
  const parts = [
    ...(webhookAuthorizations.length > 0 ? [countOf(webhookAuthorizations.length, 'Authorization value')] : []),
    ...(webhookSecrets.length > 0 ? [countOf(webhookSecrets.length, 'signing secret')] : []),
  ]
  if (parts.length > 0) return ok(what, parts.join(' and '))
  if (apiKey === undefined) return ok(what, 'not configured: plans are off')
  const todo = 'Set REVENUECAT_WEBHOOK_AUTHORIZATION or REVENUECAT_WEBHOOK_SECRET to the value in the dashboard.'
  return warning(what, 'not set: /webhooks/revenuecat answers 503', todo)
}

function countOf(count: number, name: string): string {
  return count === 1 ? `one ${name}` : `${count} ${name}s, for rotation`
}
