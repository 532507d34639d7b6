import { z } from 'zod'
import { type Api, type ApiResponse, RevenueCatRefused } from './api.ts'
import { id, word } from './fields.ts'

export interface WebSubscriptionInput {
  readonly projectId: string
  /** The ids of the customer. */
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
const maxPages = 10

/**
 * Cancels the renewal of a subscription of Web Billing by API v2. API v2 has its own subscription ids, so the
 * subscriptions of the customer are searched. Returns 'elsewhere' if the subscription cannot be identified.
 */
export async function cancelOnTheWeb(request: Api, input: WebSubscriptionInput): Promise<'cancelled' | 'elsewhere'> {
  const project = `/v2/projects/${encodeURIComponent(input.projectId)}`
  const found = await find(request, project, input)
  if (!found) return 'elsewhere'
  if (!renews(found)) return 'cancelled'
  const path = `${project}/subscriptions/${encodeURIComponent(found.id)}`
  const response = await request('POST', `${path}/actions/cancel`)
  if (response.isOk) return 'cancelled'
  // RevenueCat also refuses if the subscription was cancelled in the meantime.
  const current = await request('GET', path)
  if (current.isOk && !renews(subscription.parse(current.body))) return 'cancelled'
  throw new RevenueCatRefused('cancel a subscription', response)
}

const renews = ({ auto_renewal_status, status }: Subscription) =>
  auto_renewal_status !== 'WILL_NOT_RENEW' && status !== 'EXPIRED'

async function find(request: Api, project: string, { names, transactionId }: WebSubscriptionInput) {
  for (const name of names) {
    const all = await list(request, `${project}/customers/${encodeURIComponent(name)}/subscriptions`)
    const ofWeb = all?.filter(({ store }) => store === 'RC_BILLING') ?? []
    const named = ofWeb.find((one) => transactionId !== null && one.store_subscription_identifier === transactionId)
    if (named) return named
    const [only, ...others] = ofWeb.filter(({ status }) => status !== 'EXPIRED')
    if (only && others.length === 0) return only
  }
  return null
}

/** Lists the subscriptions of a customer; null if there is no such customer. */
async function list(request: Api, path: string): Promise<Subscription[] | null> {
  const found: Subscription[] = []
  let after: string | null = null
  for (let pages = 0; pages < maxPages; pages += 1) {
    const query = new URLSearchParams({ limit: '100', ...(after && { starting_after: after }) })
    const response: ApiResponse = await request('GET', `${path}?${query}`)
    if (response.status === 404) return null
    if (!response.isOk) throw new RevenueCatRefused("list a customer's subscriptions", response)
    const { items, next_page: next } = page.parse(response.body)
    found.push(...items)
    after = next ? new URL(next, 'https://revenuecat.invalid').searchParams.get('starting_after') : null
    if (after === null) break
  }
  return found
}
