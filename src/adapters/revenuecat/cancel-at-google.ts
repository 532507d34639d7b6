import { type Api, type ApiAnswer, RevenueCatRefused } from './api.ts'
import { readCustomer } from './customer.ts'

export interface GoogleSubscriptionWish {
  /** Of the customer. */
  readonly names: readonly string[]
  /** GPA.…, of the latest period. */
  readonly transactionId: string
}

/** Ends renewal of what was bought at Google, by API v1, which knows it by its transaction. */
export async function cancelAtGoogle(ask: Api, wish: GoogleSubscriptionWish): Promise<'cancelled' | 'elsewhere'> {
  for (const name of wish.names) {
    const customer = `/v1/subscribers/${encodeURIComponent(name)}`
    const answer = await ask('POST', `${customer}/subscriptions/${encodeURIComponent(wish.transactionId)}/cancel`)
    if (answer.isOk) return 'cancelled'
    if (answer.status === 404) continue
    return await cancelledIfOver(ask, name, wish, answer)
  }
  return 'elsewhere'
}

/** One that was cancelled before is refused too; throws where it was not. */
async function cancelledIfOver(
  ask: Api,
  name: string,
  { transactionId }: GoogleSubscriptionWish,
  refusal: ApiAnswer,
): Promise<'cancelled'> {
  const { subscriptions, requestedAt } = await readCustomer(ask, name)
  const found = subscriptions.find((one) => one.transactionId === transactionId)
  const isOver = found?.expiresAt !== undefined && found.expiresAt !== null && found.expiresAt <= requestedAt
  if (found?.unsubscribedAt || isOver) return 'cancelled'
  throw new RevenueCatRefused('cancel a subscription', refusal)
}
