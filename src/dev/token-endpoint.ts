import type { IncomingMessage, ServerResponse } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'
import { createBodyBudget } from '../app/http/body-budget.ts'
import { answerPreflight, refuse } from '../app/http/guards.ts'
import { readBody } from '../app/http/read-body.ts'
import type { DevelopmentEndpoint } from '../app/http/server.ts'
import { findRefusal } from '../domains/users/index.ts'
import { explainRefusal } from './explain-refusal.ts'
import { type DevelopmentIdentity, developmentClerkId, developmentTokenSeconds, isEmailAddress } from './identity.ts'

const maxBodyBytes = 4 * 1024

const tokenRequest = z.object({
  email: z.string().refine(isEmailAddress, 'It must be an e-mail address.'),
  expiresInSeconds: z.int().min(1).max(developmentTokenSeconds).default(developmentTokenSeconds),
})

/**
 * `POST /dev/token` returns a session token of the development identity to a page or a script on this computer, as
 * `npm run token` prints one. The token is that of any user, so the endpoint exists in development only, and answers only
 * requests of this computer: the connection, every forwarded address, the Host header and the Origin header (if there is
 * one) must be of localhost.
 *
 * @param identity null if Clerk is configured: then only Clerk signs tokens.
 */
export function tokenEndpoint(identity: Pick<DevelopmentIdentity, 'signToken'> | null): DevelopmentEndpoint {
  const budget = createBodyBudget({ bodyBytes: 256 * maxBodyBytes })
  return {
    path: '/dev/token',
    async answer({ request, response, url }, { db, clock }) {
      if (!isLocal(request, url)) {
        const message = 'Tokens of the development identity are given to requests of this computer only. Use localhost.'
        return refuse(response, 403, 'FORBIDDEN', message)
      }
      allowLocalOrigin(request, response)
      if (request.method === 'OPTIONS') return answerPreflight(response, request.headers.origin !== undefined)
      if (request.method !== 'POST') {
        response.setHeader('allow', 'POST, OPTIONS')
        return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST for tokens.')
      }
      if (!identity) {
        return refuse(response, 404, 'NOT_FOUND', 'Clerk is configured, so the server accepts tokens of Clerk only.')
      }
      // A page of another site can send other types without a preflight request.
      if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
        return refuse(response, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.')
      }
      const limits = { maxBytes: maxBodyBytes, budget, address: request.socket.remoteAddress ?? '' }
      const body = await readBody({ request, response }, limits).catch(() => 'disconnected' as const)
      if (body === 'disconnected') return void response.destroy()
      const read = typeof body === 'string' ? null : tokenRequest.safeParse(parsed(body))
      if (!read?.success) {
        const message = `Send {"email": "alice@example.com", "expiresInSeconds": 60}. expiresInSeconds is optional, at most ${developmentTokenSeconds}.`
        return refuse(response, 400, 'BAD_REQUEST', message)
      }
      const { email, expiresInSeconds } = read.data
      const now = clock()
      const refusal = await findRefusal(db.prisma, developmentClerkId(email))
      if (refusal) return refuse(response, 409, 'ACCOUNT_UNAVAILABLE', explainRefusal(email, refusal))
      const token = await identity.signToken({ email, now, expiresInSeconds })
      const seconds = Math.floor(now.getTime() / 1000) + expiresInSeconds
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify({ token, expiresAt: new Date(seconds * 1000).toISOString() }))
    },
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

function isLocal({ headers, socket }: IncomingMessage, url: URL): boolean {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().flatMap((value) => value.split(','))
  const addresses = [socket.remoteAddress ?? '', ...forwarded].map((address) => address.trim())
  const { origin } = headers
  return (
    addresses.every(isLoopback) &&
    headers.forwarded === undefined &&
    isLocalName(url.hostname) &&
    (origin === undefined || isLocalName(URL.parse(origin)?.hostname ?? ''))
  )
}

const isLocalName = (hostname: string) => ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** An IPv4 address in IPv6 notation is compared as an IPv4 address. */
function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** Pages on every port of localhost may read the response, also those that CORS_ORIGINS does not name. */
function allowLocalOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin)
}
