import { type Api, type ApiResponse, RevenueCatRefused } from './api.ts'
import { readCustomer } from './customer.ts'

export interface GoogleSubscriptionInput {
  /** The ids of the customer. */
  readonly names: readonly string[]
  /** GPA.…, of the latest period. */
  readonly transactionId: string
}

/** Cancels the renewal of a subscription of Google Play by API v1, which identifies it by its transaction. */
export async function cancelAtGoogle(request: Api, input: GoogleSubscriptionInput): Promise<'cancelled' | 'elsewhere'> {
  for (const name of input.names) {
    const customer = `/v1/subscribers/${encodeURIComponent(name)}`
    const path = `${customer}/subscriptions/${encodeURIComponent(input.transactionId)}/cancel`
    const response = await request('POST', path)
    if (response.isOk) return 'cancelled'
    if (response.status === 404) continue
    return await cancelledIfOver(request, name, input, response)
  }
  return 'elsewhere'
}

/** RevenueCat also refuses if the subscription was cancelled or has ended before. Throws if neither is the case. */
async function cancelledIfOver(
  request: Api,
  name: string,
  { transactionId }: GoogleSubscriptionInput,
  refusal: ApiResponse,
): Promise<'cancelled'> {
  const { subscriptions, requestedAt } = await readCustomer(request, name)
  const found = subscriptions.find((one) => one.transactionId === transactionId)
  const isOver = found?.expiresAt !== undefined && found.expiresAt !== null && found.expiresAt <= requestedAt
  if (found?.unsubscribedAt || isOver) return 'cancelled'
  throw new RevenueCatRefused('cancel a subscription', refusal)
}
