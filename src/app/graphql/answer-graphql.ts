import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { acceptedTypes } from '../http/accepted-types.ts'
import type { Exchange } from '../http/exchange.ts'
import { busy, refuse, refuseBusy } from '../http/guards.ts'
import { readBody } from '../http/read-body.ts'
import { answerOperation } from './answer-operation.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { readBodyText, readSearch } from './read-operation.ts'

const maxBodyBytes = 256 * 1024

/** Reads a request within the limits, runs it and writes the response. A client that disconnects ends its stream. */
export async function answerGraphql(graphql: GraphqlServer, exchange: Exchange): Promise<void> {
  const { request, response, url, record, requester, budget } = exchange
  const { method, headers } = request
  const refuseAs = (status: number, code: string, message: string) => {
    record.codes.add(code)
    refuse(response, status, code, message)
  }
  if (method !== 'GET' && method !== 'POST') {
    response.setHeader('allow', 'GET, POST')
    return refuseAs(405, 'METHOD_NOT_ALLOWED', 'Use GET or POST for GraphQL requests.')
  }
  // Only JSON is run: pages of other sites can send a form or text/plain without a preflight (CSRF).
  if (method === 'POST' && !isJson(request)) {
    const message = 'Send the operation as application/json in UTF-8, without compression.'
    return refuseAs(415, 'UNSUPPORTED_MEDIA_TYPE', message)
  }
  if (method === 'GET' && graphql.hasPage && headers.accept?.includes('text/html')) return answerPage(graphql, exchange)
  // Before anything is run: the effect of a mutation would remain, and its result could not be sent.
  const accepted = acceptedTypes(headers.accept)
  if (accepted.json === null && !accepted.events && !accepted.multipartSubscriptions) {
    const message =
      'Accept application/graphql-response+json, application/json, text/event-stream or multipart/mixed;subscriptionSpec=1.0, in UTF-8.'
    return refuseAs(406, 'NOT_ACCEPTABLE', message)
  }
  // Reading fails only when the client disconnects, which is not an error of the server.
  const limits = { maxBytes: maxBodyBytes, budget, address: requester.address }
  const body = method === 'POST' ? await readBody(exchange, limits).catch(() => 'disconnected' as const) : null
  if (body === 'disconnected') return void response.destroy()
  if (body === 'busy') {
    record.codes.add(busy.code)
    return refuseBusy(response)
  }
  if (body === 'too large') {
    return refuseAs(
      413,
      'PAYLOAD_TOO_LARGE',
      `The request body is larger than the maximum of ${maxBodyBytes / 1024} KiB.`,
    )
  }
  const read = body ? readBodyText(body) : readSearch(url.searchParams)
  if ('problem' in read) return refuseAs(400, 'BAD_REQUEST', read.problem)
  await answerOperation(graphql, exchange, { ...read, bytes: body?.length ?? url.href.length }, accepted)
}

/** The page of GraphiQL, which Yoga renders. */
async function answerPage(graphql: GraphqlServer, { request, response, url, requester }: Exchange): Promise<void> {
  const page = await graphql.fetch(url.href, { headers: { accept: request.headers.accept ?? '' } }, requester)
  response.writeHead(page.status, Object.fromEntries(page.headers.entries()))
  if (!page.body) return void response.end()
  // A client that disconnects is not an error.
  await pipeline(Readable.from(page.body), response).catch(() => undefined)
}

/** A body in another character set would be read as UTF-8, and so as other text than was sent. */
function isJson({ headers }: IncomingMessage): boolean {
  if (headers['content-encoding'] !== undefined) return false
  const [mediaType, ...parameters] = (headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  return mediaType === 'application/json' && parameters.every((part) => !part.startsWith('charset') || isUtf8(part))
}

const isUtf8 = (parameter: string) => /^charset="?utf-?8"?$/.test(parameter)
