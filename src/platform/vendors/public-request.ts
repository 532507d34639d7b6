import { lookup as lookUp } from 'node:dns'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface PublicRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly signal: AbortSignal
  /** For tests and development: also http, and addresses of loopback. */
  readonly allowsLoopback: boolean
}

export interface PublicResponse {
  readonly status: number
  readonly headers: IncomingMessage['headers']
}

/** The address is not one of the public internet. No request was sent. */
export class NotPublic extends Error {
  override readonly name = 'NotPublic'
}

/**
 * Whether a URL that a client has given may be requested: https without credentials, at a name or a public address. What a
 * name resolves to is checked when it is connected.
 */
export function mayBePublic(url: URL, { allowsLoopback }: Pick<PublicRequest, 'allowsLoopback'>): boolean {
  if (url.username !== '' || url.password !== '') return false
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return isAllowed(host, allowsLoopback) && hasScheme(url, allowsLoopback && isLoopback(host))
  return hasScheme(url, false) && host.includes('.')
}

const hasScheme = ({ protocol }: URL, allowsHttp: boolean) =>
  protocol === 'https:' || (allowsHttp && protocol === 'http:')

const isLoopback = (address: string) => ipaddr.process(address).range() === 'loopback'

function isAllowed(address: string, allowsLoopback: boolean): boolean {
  const range = ipaddr.process(address).range()
  return range === 'unicast' || (allowsLoopback && range === 'loopback')
}

/**
 * Sends a POST to a URL that a client has given. It is not `fetch`, which connects to whatever a name resolves to at that
 * moment: here every address is checked by the lookup of the connection itself, so a name cannot change in between.
 * Follows no redirect, and reads nothing of the body of the response. Throws NotPublic, and the error of the connection.
 */
export function postToPublic({ url, headers, body, signal, allowsLoopback }: PublicRequest): Promise<PublicResponse> {
  if (!mayBePublic(url, { allowsLoopback })) return Promise.reject(new NotPublic(`${url.hostname} is not public.`))
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, signal, lookup: publicLookup(allowsLoopback), agent: false } as const
    const request = send(url, options, (response) => {
      const { statusCode = 0, headers: received } = response
      // The connection is of no further use.
      response.destroy()
      resolve({ status: statusCode, headers: received })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Fails if any of the addresses is not public. */
function publicLookup(allowsLoopback: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, [])
      if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address, allowsLoopback))) {
        return callback(new NotPublic(`${hostname} does not resolve to public addresses only.`), [])
      }
      const [first] = addresses
      if (options.all) callback(null, addresses)
      else callback(null, first?.address ?? '', first?.family)
    })
  }
}
