import type { IncomingMessage } from 'node:http'
import { type FakeResponse, type FakeServer, startFakeServer } from './fake-server.ts'

/** A subscription as `GET /v1/subscribers/:id` returns it, keyed by its product id. */
export interface RestSubscription {
  readonly store: string
  readonly store_transaction_id: string | number | null
  /** Google's base plan. */
  readonly product_plan_identifier?: string
  unsubscribe_detected_at: string | null
  readonly [field: string]: unknown
}

/** A customer of RevenueCat. */
export interface RestCustomer {
  management_url: string | null
  readonly subscriptions: Record<string, RestSubscription>
  readonly non_subscriptions: Record<string, object[]>
}

/** A fake server for RevenueCat's API v1 and v2, which have the same customers. */
export interface FakeRevenueCat extends FakeServer {
  /** The configuration of an app that uses it. */
  readonly config: {
    readonly apiUrl: string
    readonly apiKey: string
    readonly v2: { readonly apiKey: string; readonly projectId: string }
    readonly webPurchaseLink: string
  }
  /** The customers by each of their ids. Reading an unknown customer creates it. */
  readonly customers: Map<string, RestCustomer>
}

/** A customer without purchases, with the changes. */
export function restCustomer(changes: Partial<RestCustomer> = {}): RestCustomer {
  return { management_url: null, subscriptions: {}, non_subscriptions: {}, ...changes }
}

/** A paid month that starts at the instant, with the changes. */
export function restSubscription(at: Date, changes: Readonly<Record<string, unknown>> = {}): RestSubscription {
  return {
    auto_resume_date: null,
    billing_issues_detected_at: null,
    expires_date: new Date(at.getTime() + 30 * 86_400_000).toISOString(),
    grace_period_expires_date: null,
    is_sandbox: false,
    original_purchase_date: at.toISOString(),
    ownership_type: 'PURCHASED',
    period_type: 'normal',
    purchase_date: at.toISOString(),
    refunded_at: null,
    store: 'app_store',
    store_transaction_id: `tx_${at.getTime()}`,
    unsubscribe_detected_at: null,
    ...changes,
  }
}

const keys = { v1: 'sk_test_revenuecat', v2: 'sk_test_revenuecat_v2' }
const projectId = 'proj_test'

/**
 * Starts a fake server for RevenueCat's API.
 *
 * @param clock the time that responses have as the date of the request.
 */
export async function startRevenueCat(clock: () => Date = () => new Date()): Promise<FakeRevenueCat> {
  const customers = new Map<string, RestCustomer>()
  const server = await startFakeServer(
    (request) => answer(request, { customers, clock }),
    '{"code":7110,"message":"Internal server error."}',
  )
  const { url } = server
  const config = {
    apiUrl: url,
    apiKey: keys.v1,
    v2: { apiKey: keys.v2, projectId },
    webPurchaseLink: 'test-link-token',
  }
  return Object.assign(server, { customers, config })
}

interface State {
  readonly customers: Map<string, RestCustomer>
  readonly clock: () => Date
}

async function answer(request: IncomingMessage, state: State): Promise<FakeResponse> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://revenuecat')
  const [version, ...parts] = pathname.slice(1).split('/').map(decodeURIComponent)
  if (version !== 'v1' && version !== 'v2') return { status: 404, body: '{"message":"Not found"}' }
  if (request.headers.authorization !== `Bearer ${keys[version]}`) {
    return { status: version === 'v1' ? 401 : 403, body: '{"code":7225,"message":"Invalid API key."}' }
  }
  const route = [request.method, ...parts]
  return version === 'v1' ? answerV1(route, state) : answerV2(route, searchParams, state)
}

function answerV1([method, , id = '', , transactionId, action]: (string | undefined)[], state: State): FakeResponse {
  const { customers, clock } = state
  const isNew = !customers.has(id)
  if (method === 'GET') {
    if (isNew) customers.set(id, restCustomer())
    return customerOf(id, state, isNew ? 201 : 200)
  }
  const subscription = Object.values(customers.get(id)?.subscriptions ?? {}).find(
    ({ store, store_transaction_id }) => store === 'play_store' && String(store_transaction_id) === transactionId,
  )
  if (method !== 'POST' || action !== 'cancel' || !subscription) {
    return { status: 404, body: '{"code":7259,"message":"Subscription not found for subscriber."}' }
  }
  if (subscription.unsubscribe_detected_at) {
    return { status: 400, body: '{"code":7101,"message":"There was a problem with the store."}' }
  }
  subscription.unsubscribe_detected_at = clock().toISOString()
  return customerOf(id, state, 200)
}

function customerOf(id: string, { customers, clock }: State, status: number): FakeResponse {
  const body = {
    request_date: `${clock().toISOString().slice(0, 19)}Z`,
    request_date_ms: clock().getTime(),
    subscriber: { entitlements: {}, original_app_user_id: id, other_purchases: {}, ...customers.get(id) },
  }
  return { status, body: JSON.stringify(body) }
}

/** Each page has one subscription, so that clients must follow next_page. */
function answerV2(route: (string | undefined)[], query: URLSearchParams, { customers, clock }: State): FakeResponse {
  const [method, , project, kind, id = '', ...action] = route
  if (project !== projectId) return missing
  if (method === 'GET' && kind === 'customers') {
    const all = Object.values(customers.get(id)?.subscriptions ?? {}).map(showInV2)
    if (!customers.has(id)) return missing
    const from = all.findIndex((one) => one.id === query.get('starting_after')) + 1
    const items = all.slice(from, from + 1)
    const next = all.length > from + 1 ? `/v2/projects/${projectId}/customers/${encodeURIComponent(id)}` : null
    const next_page = next && `${next}/subscriptions?starting_after=${items[0]?.id}`
    return { status: 200, body: JSON.stringify({ object: 'list', items, next_page, url: '' }) }
  }
  const found = [...customers.values()]
    .flatMap(({ subscriptions }) => Object.values(subscriptions))
    .find((subscription) => showInV2(subscription).id === id)
  if (kind !== 'subscriptions' || !found) return missing
  if (method === 'POST' && action.join('/') === 'actions/cancel') {
    if (found.store !== 'rc_billing' || found.unsubscribe_detected_at) return unprocessable
    found.unsubscribe_detected_at = clock().toISOString()
  }
  return { status: 200, body: JSON.stringify(showInV2(found)) }
}

function showInV2({ store, store_transaction_id, unsubscribe_detected_at }: RestSubscription) {
  return {
    object: 'subscription',
    id: `sub${store_transaction_id}`,
    product_id: 'prod_test',
    store,
    store_subscription_identifier: String(store_transaction_id),
    auto_renewal_status: unsubscribe_detected_at ? 'will_not_renew' : 'will_renew',
    gives_access: true,
    status: 'active',
  }
}

const missing: FakeResponse = {
  status: 404,
  body: '{"object":"error","type":"resource_missing","message":"Not found","retryable":false}',
}
const unprocessable: FakeResponse = {
  status: 422,
  body: '{"object":"error","type":"unprocessable_entity_error","message":"It cannot be cancelled.","retryable":false}',
}
