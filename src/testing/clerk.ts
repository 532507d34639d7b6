import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Answered, type StandIn, startStandIn } from './stand-in.ts'

/** A signing key of an instance. */
export interface ClerkKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** As `/v1/jwks` shows it. */
  readonly jwk: JsonWebKey
}

export function makeClerkKey(kid: string): ClerkKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } }
}

/** A person as `GET /v1/users/:id` shows them, with one address that is the primary one, but for what is changed. */
export function clerkPerson(id: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    object: 'user',
    email_addresses: [{ id: 'idn_first', object: 'email_address', email_address: `${id}@example.com`, linked_to: [] }],
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

/** The fields of somebody who has these addresses, the first one as the primary one. */
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

/** Stands in for Clerk's Backend API on loopback. */
export interface ClerkStandIn extends StandIn {
  /** Whom it knows, by id. */
  readonly people: Map<string, object>
  readonly keys: ClerkKey[]
}

export async function startClerk(): Promise<ClerkStandIn> {
  const people = new Map<string, object>()
  const keys: ClerkKey[] = []
  const standIn = await startStandIn((request) => answer(request, { people, keys }), errorBody('internal_clerk_error'))
  return Object.assign(standIn, { people, keys })
}

interface Known {
  readonly people: Map<string, object>
  readonly keys: readonly ClerkKey[]
}

async function answer(request: IncomingMessage, { people, keys }: Known): Promise<Answered> {
  if (!request.headers.authorization?.startsWith('Bearer sk_')) return refusal(401, 'clerk_key_invalid')
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://clerk')
  const route = `${request.method} ${pathname}`
  if (route === 'GET /v1/jwks') return ok({ keys: keys.map(({ jwk }) => jwk) })
  if (route === 'GET /v1/users') return ok(pageOf(people, searchParams))
  if (route === 'GET /v1/users/count') {
    return ok({ object: 'total_count', total_count: matching(people, searchParams).length })
  }
  const body = async () => JSON.parse(await text(request)) as Record<string, unknown>
  if (route === 'POST /v1/users') return create(people, await body())

  const id = /^\/v1\/users\/(\w+)$/.exec(pathname)?.[1] ?? ''
  const person = people.get(id)
  if (!person) return refusal(404, 'resource_not_found')
  if (request.method === 'DELETE') {
    people.delete(id)
    return ok({ id, object: 'user', deleted: true })
  }
  if (request.method === 'PATCH') people.set(id, { ...person, ...(await body()), updated_at: Date.now() })
  return ok(people.get(id))
}

interface Person {
  readonly id: string
  readonly created_at: number
  readonly email_addresses: readonly { readonly email_address: string }[]
}

function matching(people: Known['people'], wish: URLSearchParams): Person[] {
  const [ids, emails] = [wish.getAll('user_id'), wish.getAll('email_address').map((email) => email.toLowerCase())]
  const after = Number(wish.get('created_at_after') ?? Number.NEGATIVE_INFINITY)
  return ([...people.values()] as Person[]).filter(
    ({ id, created_at, email_addresses: addresses }) =>
      created_at > after &&
      (ids.length === 0 || ids.includes(id)) &&
      (emails.length === 0 || addresses.some(({ email_address: email }) => emails.includes(email.toLowerCase()))),
  )
}

/** Newest first unless asked otherwise, ten unless asked otherwise, never more than 500: as Clerk does. */
function pageOf(people: Known['people'], wish: URLSearchParams): Person[] {
  const direction = wish.get('order_by') === '+created_at' ? 1 : -1
  const offset = Number(wish.get('offset') ?? 0)
  const limit = Math.min(500, Number(wish.get('limit') ?? 10))
  return matching(people, wish)
    .sort((one, other) => direction * (one.created_at - other.created_at || one.id.localeCompare(other.id)))
    .slice(offset, offset + limit)
}

function create(people: Known['people'], { email_address, ...wish }: Record<string, unknown>): Answered {
  const emails = email_address as string[]
  const isTaken = matching(people, new URLSearchParams(emails.map((email) => ['email_address', email]))).length > 0
  if (isTaken) return refusal(422, 'form_identifier_exists')
  const id = `user_${randomBytes(12).toString('hex')}`
  const now = Date.now()
  people.set(id, clerkPerson(id, { ...clerkAddresses(emails), created_at: now, updated_at: now, ...wish }))
  return ok(people.get(id))
}

const ok = (value: unknown): Answered => ({ status: 200, body: JSON.stringify(value) })
const refusal = (status: number, code: string): Answered => ({ status, body: errorBody(code) })

function errorBody(code: string): string {
  return JSON.stringify({ errors: [{ code, message: code, long_message: code }], clerk_trace_id: 'trace' })
}
