import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { CurrentRequest } from '../platform/current-request.ts'
import { refuse } from './gates.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { readBody } from './read-body.ts'

const maxBodyBytes = 256 * 1024

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** What the log will tell of it. */
  readonly record: CurrentRequest
  /** Aborted when the client goes away or the server stops. */
  readonly gone: AbortSignal
}

/** Bounds and reads a request, runs it, and streams its answer; a client that goes away ends the stream. */
export async function answerGraphql(graphql: GraphqlServer, exchange: Exchange): Promise<void> {
  const { request, response, url, record, gone } = exchange
  const method = request.method ?? 'GET'
  const refuseAs = (status: number, code: string, message: string) => {
    record.codes.add(code)
    refuse(response, status, code, message)
  }
  // Only JSON runs anything: a form or text/plain POST is what other sites' pages can send without asking (CSRF).
  if (method === 'POST' && !isJson(request)) {
    return refuseAs(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the operation as application/json.')
  }
  if (method === 'GET' && !['variables', 'extensions'].every((name) => isJsonText(url.searchParams.get(name)))) {
    return refuseAs(400, 'BAD_REQUEST', 'variables and extensions must be JSON.')
  }
  // Reading fails only when the client goes away in the middle, which is no failure of ours.
  const body = method === 'POST' ? await readBody(request, maxBodyBytes).catch(() => 'gone' as const) : null
  if (body === 'gone') return void response.destroy()
  if (body === 'too large') {
    return refuseAs(413, 'PAYLOAD_TOO_LARGE', `A request may have ${maxBodyBytes / 1024} KiB.`)
  }
  const result = await graphql.fetch(
    url.href,
    { method, headers: headersOf(request), ...(body ? { body: new Uint8Array(body) } : {}) },
    { gone },
  )
  response.writeHead(result.status, Object.fromEntries(result.headers.entries()))
  if (!result.body) return void response.end()
  // A client that goes away in the middle of a stream is no failure; closing the response has ended the stream.
  await pipeline(Readable.from(result.body), response).catch(() => undefined)
}

function isJsonText(text: string | null): boolean {
  try {
    if (text) JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isJson(request: IncomingMessage): boolean {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return mediaType === 'application/json' && request.headers['content-encoding'] === undefined
}

function headersOf(request: IncomingMessage): [string, string][] {
  return Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  )
}
