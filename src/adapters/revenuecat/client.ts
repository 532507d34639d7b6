import type { RevenueCat } from '../../domains/billing/ports.ts'
import type { Patience } from '../../platform/ask-again.ts'
import { type Api, createApi } from './api.ts'
import { cancelAtGoogle } from './cancel-at-google.ts'
import { cancelOnTheWeb } from './cancel-on-the-web.ts'
import { readCustomer } from './customer.ts'

export interface RevenueCatOptions {
  readonly apiUrl: string
  /** Of API v1. */
  readonly apiKey?: string | undefined
  readonly v2?: { readonly apiKey: string; readonly projectId: string } | undefined
  /** The token of the web purchase link. */
  readonly webPurchaseLink?: string | undefined
  readonly timeoutMs?: number | undefined
  readonly patience?: Patience | undefined
}

/** RevenueCat's API; see the port. What is not configured is off. */
export function createRevenueCat({ apiKey, v2, webPurchaseLink, ...options }: RevenueCatOptions): RevenueCat {
  const askV1 = apiKey === undefined ? null : createApi({ ...options, apiKey })
  const askV2 = v2 === undefined ? null : createApi({ ...options, apiKey: v2.apiKey })
  return {
    canRead: askV1 !== null,
    canSell: askV1 !== null && webPurchaseLink !== undefined,
    async readCustomer(appUserId) {
      return await readCustomer(needed(askV1), appUserId)
    },
    purchaseLink({ userId, email, packageId, currency }) {
      if (webPurchaseLink === undefined) throw new Error('REVENUECAT_WEB_PURCHASE_LINK is not set: nothing is sold.')
      const url = new URL(`https://pay.rev.cat/${webPurchaseLink}/${encodeURIComponent(userId)}`)
      if (email !== null) url.searchParams.set('email', email)
      if (currency !== null) url.searchParams.set('currency', currency)
      url.searchParams.set('package_id', packageId)
      return url
    },
    async cancel({ names, store, transactionId }) {
      if (store === 'RC_BILLING' && askV2 && v2) {
        return await cancelOnTheWeb(askV2, { projectId: v2.projectId, names, transactionId })
      }
      if (store === 'PLAY_STORE' && askV1 && transactionId) return await cancelAtGoogle(askV1, { names, transactionId })
      return 'elsewhere'
    },
  }
}

function needed(ask: Api | null): Api {
  if (ask) return ask
  throw new Error('REVENUECAT_API_KEY is not set: customers cannot be read.')
}
