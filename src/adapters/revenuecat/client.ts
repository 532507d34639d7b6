import type { RevenueCat } from '../../domains/billing/ports.ts'
import type { RetryClock } from '../../platform/retry.ts'
import { type Api, createApi } from './api.ts'
import { cancelAtGoogle } from './cancel-at-google.ts'
import { cancelOnTheWeb } from './cancel-on-the-web.ts'
import { readCustomer } from './customer.ts'

export interface RevenueCatOptions {
  readonly apiUrl: string
  /** The key of API v1. */
  readonly apiKey?: string | undefined
  readonly v2?: { readonly apiKey: string; readonly projectId: string } | undefined
  /** The token of the web purchase link. */
  readonly webPurchaseLink?: string | undefined
  readonly timeoutMs?: number | undefined
  readonly retryClock?: RetryClock | undefined
}

/** RevenueCat's API; see the port. Features whose settings are missing are off. */
export function createRevenueCat({ apiKey, v2, webPurchaseLink, ...options }: RevenueCatOptions): RevenueCat {
  const apiV1 = apiKey === undefined ? null : createApi({ ...options, apiKey })
  const apiV2 = v2 === undefined ? null : createApi({ ...options, apiKey: v2.apiKey })
  return {
    canRead: apiV1 !== null,
    canSell: apiV1 !== null && webPurchaseLink !== undefined,
    async readCustomer(appUserId) {
      return await readCustomer(requireApi(apiV1), appUserId)
    },
    purchaseLink({ userId, email, packageId, currency }) {
      if (webPurchaseLink === undefined)
        throw new Error('REVENUECAT_WEB_PURCHASE_LINK is not set, so there are no purchases on the web.')
      const url = new URL(`https://pay.rev.cat/${webPurchaseLink}/${encodeURIComponent(userId)}`)
      if (email !== null) url.searchParams.set('email', email)
      if (currency !== null) url.searchParams.set('currency', currency)
      url.searchParams.set('package_id', packageId)
      return url
    },
    async cancel({ names, store, transactionId }) {
      if (store === 'RC_BILLING' && apiV2 && v2) {
        return await cancelOnTheWeb(apiV2, { projectId: v2.projectId, names, transactionId })
      }
      if (store === 'PLAY_STORE' && apiV1 && transactionId) return await cancelAtGoogle(apiV1, { names, transactionId })
      return 'elsewhere'
    },
  }
}

function requireApi(api: Api | null): Api {
  if (api) return api
  throw new Error('REVENUECAT_API_KEY is not set, so customers cannot be read.')
}
