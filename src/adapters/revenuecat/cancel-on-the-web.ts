import { z } from 'zod'
import { type Api, type ApiAnswer, RevenueCatRefused } from './api.ts'
import { id, word } from './fields.ts'

export interface WebSubscriptionWish {
  readonly projectId: string
  /** Of the customer. */
  readonly names: readonly string[]
  readonly transactionId: string | null
}

const subscription = z.object({
  id: z.string().min(1),
  store: word,
  store_subscription_identifier: id,
  auto_renewal_status: word,
  status: word,
})
type Subscription = z.infer<typeof subscription>

const page = z.object({ items: z.array(subscription), next_page: z.string().nullish() })
const mostPages = 10

/**
 * Ends renewal of what was bought by Web Billing, by API v2: it knows subscriptions by ids of its own, so the customer's
 * are searched. 'elsewhere' where the one that is meant cannot be told for sure.
 */
export async function cancelOnTheWeb(ask: Api, wish: WebSubscriptionWish): Promise<'cancelled' | 'elsewhere'> {
  const project = `/v2/projects/${encodeURIComponent(wish.projectId)}`
  const found = await find(ask, project, wish)
  if (!found) return 'elsewhere'
  if (!renews(found)) return 'cancelled'
  const path = `${project}/subscriptions/${encodeURIComponent(found.id)}`
  const answer = await ask('POST', `${path}/actions/cancel`)
  if (answer.isOk) return 'cancelled'
  // One that was cancelled meanwhile is refused too.
  const now = await ask('GET', path)
  if (now.isOk && !renews(subscription.parse(now.body))) return 'cancelled'
  throw new RevenueCatRefused('cancel a subscription', answer)
}

const renews = ({ auto_renewal_status, status }: Subscription) =>
  auto_renewal_status !== 'WILL_NOT_RENEW' && status !== 'EXPIRED'

async function find(ask: Api, project: string, { names, transactionId }: WebSubscriptionWish) {
  for (const name of names) {
    const all = await list(ask, `${project}/customers/${encodeURIComponent(name)}/subscriptions`)
    const ofWeb = all?.filter(({ store }) => store === 'RC_BILLING') ?? []
    const named = ofWeb.find((one) => transactionId !== null && one.store_subscription_identifier === transactionId)
    if (named) return named
    const [only, ...others] = ofWeb.filter(({ status }) => status !== 'EXPIRED')
    if (only && others.length === 0) return only
  }
  return null
}

/** Null where there is no such customer. */
async function list(ask: Api, path: string): Promise<Subscription[] | null> {
  const found: Subscription[] = []
  let after: string | null = null
  for (let pages = 0; pages < mostPages; pages += 1) {
    const query = new URLSearchParams({ limit: '100', ...(after && { starting_after: after }) })
    const answer: ApiAnswer = await ask('GET', `${path}?${query}`)
    if (answer.status === 404) return null
    if (!answer.isOk) throw new RevenueCatRefused("list a customer's subscriptions", answer)
    const { items, next_page: next } = page.parse(answer.body)
    found.push(...items)
    after = next ? new URL(next, 'https://revenuecat.invalid').searchParams.get('starting_after') : null
    if (after === null) break
  }
  return found
}
