import type { Config } from '../../config/config.ts'

/** The features that are off because an environment variable is not set, one sentence each. */
export function disabledFeatures({ revenueCat }: Pick<Config, 'revenueCat'>): string[] {
  const { apiKey, v2, webPurchaseLink, webhookAuthorizations, webhookSecrets } = revenueCat
  const hasNoWebhook = webhookAuthorizations.length + webhookSecrets.length === 0
  return [
    hasNoWebhook && 'Purchases are not received: set REVENUECAT_WEBHOOK_AUTHORIZATION or REVENUECAT_WEBHOOK_SECRET.',
    !apiKey &&
      'Plans are updated by webhooks only, and Google Play subscriptions are not cancelled: set REVENUECAT_API_KEY.',
    !v2 && 'Web subscriptions are not cancelled: set REVENUECAT_API_KEY_V2 and REVENUECAT_PROJECT_ID.',
    !webPurchaseLink && 'Purchases on the web are off: set REVENUECAT_WEB_PURCHASE_LINK.',
  ].filter((sentence) => sentence !== false)
}
