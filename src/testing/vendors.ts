import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'

/** What the run's development identity signs with, for tokens that it would never sign. */
export function identityKey(): KeyObject {
  return createPrivateKey(readFileSync(join(inject('dataDir'), 'identity', 'private-key.pem')))
}

/** A claim or a header field that is undefined is left out. */
export interface TokenWish {
  readonly privateKey: KeyObject
  readonly claims: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** Signs a session token as Clerk does: RS256, alive for an hour, with what the wish says added or replaced. */
export function signSessionToken({ privateKey, claims, header }: TokenWish): Promise<string> {
  const seconds = Math.floor(Date.now() / 1_000)
  const payload = {
    sub: `user_${randomBytes(12).toString('hex')}`,
    sid: `sess_${randomBytes(12).toString('hex')}`,
    sts: 'active',
    v: 2,
    iat: seconds,
    nbf: seconds - 10,
    exp: seconds + 3_600,
    ...claims,
  }
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header }).sign(privateKey)
}

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

/** What it answers to everything. */
export interface Trouble {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Stands in for Clerk's Backend API on loopback. */
export interface ClerkStandIn extends AsyncDisposable {
  readonly url: string
  /** The requests so far: 'GET /v1/jwks'. */
  readonly requests: readonly string[]
  /** Whom it knows, by id. */
  readonly people: Map<string, object>
  readonly keys: ClerkKey[]
  /** Set: all it answers. */
  trouble: Trouble | null
  /** From now on requests wait; calling what it returns lets them be answered. */
  hold(): () => void
  /** Nobody listens any more at its address, until it is started again. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startClerk(): Promise<ClerkStandIn> {
  const people = new Map<string, object>()
  const keys: ClerkKey[] = []
  const requests: string[] = []
  let held: Promise<void> = Promise.resolve()

  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    await held
    const { trouble } = standIn
    if (trouble) {
      response.writeHead(trouble.status, { 'content-type': 'application/json', ...trouble.headers })
      return void response.end(trouble.body ?? errorBody('internal_clerk_error'))
    }
    if (!request.headers.authorization?.startsWith('Bearer sk_')) {
      return send(response, 401, errorBody('clerk_key_invalid'))
    }
    if (request.url === '/v1/jwks') return send(response, 200, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
    const person = people.get(/^\/v1\/users\/(\w+)$/.exec(request.url ?? '')?.[1] ?? '')
    if (person) return send(response, 200, JSON.stringify(person))
    send(response, 404, errorBody('resource_not_found'))
  })

  let port = 0
  const standIn: ClerkStandIn = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    requests,
    people,
    keys,
    trouble: null,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async start() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await standIn.stop()
    },
  }
  await standIn.start()
  return standIn
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
}

function errorBody(code: string): string {
  return JSON.stringify({ errors: [{ code, message: code, long_message: code }], clerk_trace_id: 'trace' })
}
