import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type FakeResponse, type FakeServer, startFakeServer } from './fake-server.ts'

/** A signing key of a Clerk instance. */
export interface ClerkKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** The key as `/v1/jwks` returns it. */
  readonly jwk: JsonWebKey
}

/** Creates a signing key. */
export function makeClerkKey(kid: string): ClerkKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } }
}

/** A user as `GET /v1/users/:id` returns it, with one verified e-mail address, and with the changes. */
export function clerkUser(id: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    object: 'user',
    email_addresses: [
      {
        id: 'idn_first',
        object: 'email_address',
        email_address: `${id}@example.com`,
        verification: { object: 'verification', status: 'verified', strategy: 'email_code' },
        linked_to: [],
      },
    ],
    primary_email_address_id: 'idn_first',
    phone_numbers: [],
    web3_wallets: [],
    external_accounts: [],
    external_id: null,
    first_name: null,
    last_name: null,
    username: null,
    image_url: null,
    banned: false,
    locked: false,
    public_metadata: {},
    private_metadata: {},
    unsafe_metadata: {},
    created_at: 1_768_619_811_660,
    updated_at: 1_768_619_811_685,
    ...changes,
    id,
  }
}

/** The fields of a user with these e-mail addresses, of which the first is the primary one. */
export function clerkAddresses(
  emails: readonly string[],
  status: 'verified' | 'unverified' = 'verified',
): Readonly<Record<string, unknown>> {
  return {
    email_addresses: emails.map((email, at) => ({
      id: `idn_${at}`,
      object: 'email_address',
      email_address: email,
      verification: { object: 'verification', status, strategy: 'admin' },
      linked_to: [],
    })),
    primary_email_address_id: emails.length > 0 ? 'idn_0' : null,
  }
}

/** A fake server for Clerk's Backend API. */
export interface FakeClerk extends FakeServer {
  /** The users by id. */
  readonly users: Map<string, object>
  readonly keys: ClerkKey[]
}

/** Starts a fake server for Clerk's Backend API. */
export async function startClerk(): Promise<FakeClerk> {
  const users = new Map<string, object>()
  const keys: ClerkKey[] = []
  const server = await startFakeServer((request) => answer(request, { users, keys }), errorBody('internal_clerk_error'))
  return Object.assign(server, { users, keys })
}

interface State {
  readonly users: Map<string, object>
  readonly keys: readonly ClerkKey[]
}

async function answer(request: IncomingMessage, { users, keys }: State): Promise<FakeResponse> {
  if (!request.headers.authorization?.startsWith('Bearer sk_')) return refusal(401, 'clerk_key_invalid')
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://clerk')
  const route = `${request.method} ${pathname}`
  if (route === 'GET /v1/jwks') return ok({ keys: keys.map(({ jwk }) => jwk) })
  if (route === 'GET /v1/users') return ok(pageOf(users, searchParams))
  if (route === 'GET /v1/users/count') {
    return ok({ object: 'total_count', total_count: matching(users, searchParams).length })
  }
  const body = async () => JSON.parse(await text(request)) as Record<string, unknown>
  if (route === 'POST /v1/users') return create(users, await body())

  const id = /^\/v1\/users\/(\w+)$/.exec(pathname)?.[1] ?? ''
  const user = users.get(id)
  if (!user) return refusal(404, 'resource_not_found')
  if (request.method === 'DELETE') {
    users.delete(id)
    return ok({ id, object: 'user', deleted: true })
  }
  if (request.method === 'PATCH') users.set(id, { ...user, ...(await body()), updated_at: Date.now() })
  return ok(users.get(id))
}

interface ClerkUserFields {
  readonly id: string
  readonly created_at: number
  readonly email_addresses: readonly { readonly email_address: string }[]
}

function matching(users: State['users'], query: URLSearchParams): ClerkUserFields[] {
  const [ids, emails] = [query.getAll('user_id'), query.getAll('email_address').map((email) => email.toLowerCase())]
  const after = Number(query.get('created_at_after') ?? Number.NEGATIVE_INFINITY)
  return ([...users.values()] as ClerkUserFields[]).filter(
    ({ id, created_at, email_addresses: addresses }) =>
      created_at > after &&
      (ids.length === 0 || ids.includes(id)) &&
      (emails.length === 0 || addresses.some(({ email_address: email }) => emails.includes(email.toLowerCase()))),
  )
}

/** Clerk's defaults are newest first and ten users per page; the maximum is 500. */
function pageOf(users: State['users'], query: URLSearchParams): ClerkUserFields[] {
  const direction = query.get('order_by') === '+created_at' ? 1 : -1
  const offset = Number(query.get('offset') ?? 0)
  const limit = Math.min(500, Number(query.get('limit') ?? 10))
  return matching(users, query)
    .sort((one, other) => direction * (one.created_at - other.created_at || one.id.localeCompare(other.id)))
    .slice(offset, offset + limit)
}

function create(users: State['users'], { email_address, ...fields }: Record<string, unknown>): FakeResponse {
  const emails = email_address as string[]
  const isTaken = matching(users, new URLSearchParams(emails.map((email) => ['email_address', email]))).length > 0
  if (isTaken) return refusal(422, 'form_identifier_exists')
  const id = `user_${randomBytes(12).toString('hex')}`
  const now = Date.now()
  users.set(id, clerkUser(id, { ...clerkAddresses(emails), created_at: now, updated_at: now, ...fields }))
  return ok(users.get(id))
}

const ok = (value: unknown): FakeResponse => ({ status: 200, body: JSON.stringify(value) })
const refusal = (status: number, code: string): FakeResponse => ({ status, body: errorBody(code) })

function errorBody(code: string): string {
  return JSON.stringify({ errors: [{ code, message: code, long_message: code }], clerk_trace_id: 'trace' })
}
