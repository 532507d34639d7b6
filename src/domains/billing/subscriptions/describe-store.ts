/** The name of a store in messages.ts, and where its subscriptions are managed if RevenueCat reports no URL. */
interface Store {
  readonly name: string
  readonly managementUrl: string | null
}

const apple: Store = { name: 'apple', managementUrl: 'https://apps.apple.com/account/subscriptions' }

const stores: Readonly<Record<string, Store>> = {
  APP_STORE: apple,
  MAC_APP_STORE: apple,
  PLAY_STORE: { name: 'google', managementUrl: 'https://play.google.com/store/account/subscriptions' },
  AMAZON: { name: 'amazon', managementUrl: null },
  ROKU: { name: 'roku', managementUrl: null },
  STRIPE: { name: 'stripe', managementUrl: null },
  RC_BILLING: { name: 'web', managementUrl: null },
  PADDLE: { name: 'paddle', managementUrl: null },
}

/** Describes a store by RevenueCat's name of it. */
export function describeStore(store: string | null): Store {
  return stores[store ?? ''] ?? { name: 'unknown', managementUrl: null }
}
