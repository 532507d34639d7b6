import type { Config } from '../../config/config.ts'

/** What this process does not do because a variable of the environment is not set; one sentence each. */
export function whatIsOff({ revenueCat }: Pick<Config, 'revenueCat'>): string[] {
  const { apiKey, v2, webPurchaseLink, webhookAuthorizations, webhookSecrets } = revenueCat
  const isClosed = webhookAuthorizations.length + webhookSecrets.length === 0
  return [
    isClosed && 'No purchase is heard of: set REVENUECAT_WEBHOOK_AUTHORIZATION or REVENUECAT_WEBHOOK_SECRET.',
    !apiKey && 'Plans follow from webhooks alone, and nothing is cancelled at Google: set REVENUECAT_API_KEY.',
    !v2 && 'What was bought on the web is not cancelled: set REVENUECAT_API_KEY_V2 and REVENUECAT_PROJECT_ID.',
    !webPurchaseLink && 'Nothing is sold on the web: set REVENUECAT_WEB_PURCHASE_LINK.',
  ].filter((sentence) => sentence !== false)
}
