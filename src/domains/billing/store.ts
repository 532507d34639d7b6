/** Where something was bought, for people, and where it is managed when nobody says a better address. */
interface Store {
  readonly name: string
  readonly address: string | null
}

const apple: Store = { name: 'the App Store', address: 'https://apps.apple.com/account/subscriptions' }

const stores: Readonly<Record<string, Store>> = {
  APP_STORE: apple,
  MAC_APP_STORE: apple,
  PLAY_STORE: { name: 'Google Play', address: 'https://play.google.com/store/account/subscriptions' },
  AMAZON: { name: 'the Amazon Appstore', address: null },
  ROKU: { name: 'Roku', address: null },
  STRIPE: { name: 'Stripe', address: null },
  RC_BILLING: { name: 'the web shop', address: null },
  PADDLE: { name: 'Paddle', address: null },
}

/** By RevenueCat's name of it. */
export function storeOf(store: string | null): Store {
  return stores[store ?? ''] ?? { name: 'the store where it was bought', address: null }
}
