/** The name of a store as users know it, and where its subscriptions are managed if RevenueCat reports no URL. */
interface Store {
  readonly name: string
  readonly managementUrl: string | null
}

const apple: Store = { name: 'the App Store', managementUrl: 'https://apps.apple.com/account/subscriptions' }

const stores: Readonly<Record<string, Store>> = {
  APP_STORE: apple,
  MAC_APP_STORE: apple,
  PLAY_STORE: { name: 'Google Play', managementUrl: 'https://play.google.com/store/account/subscriptions' },
  AMAZON: { name: 'the Amazon Appstore', managementUrl: null },
  ROKU: { name: 'Roku', managementUrl: null },
  STRIPE: { name: 'Stripe', managementUrl: null },
  RC_BILLING: { name: 'the web shop', managementUrl: null },
  PADDLE: { name: 'Paddle', managementUrl: null },
}

/** Describes a store by RevenueCat's name of it. */
export function describeStore(store: string | null): Store {
  return stores[store ?? ''] ?? { name: 'the store where it was bought', managementUrl: null }
}
