import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Exchange } from '../http/exchange.ts'
import { refuse } from '../http/gates.ts'
import { readBody } from '../http/read-body.ts'
import { answerPosted } from './answer-posted.ts'
import type { GraphqlServer } from './graphql-server.ts'

const maxBodyBytes = 256 * 1024

/** Bounds and reads a request, runs it, and streams its answer; a client that goes away ends the stream. */
export async function answerGraphql(graphql: GraphqlServer, exchange: Exchange): Promise<void> {
  const { request, response, url, record, asker, stallSeconds } = exchange
  const method = request.method ?? 'GET'
  const refuseAs = (status: number, code: string, message: string) => {
    record.codes.add(code)
    refuse(response, status, code, message)
  }
  // Only JSON runs anything: a form or text/plain POST is what other sites' pages can send without asking (CSRF).
  if (method === 'POST' && !isJson(request)) {
    const message = 'Send the operation as application/json in UTF-8, not compressed.'
    return refuseAs(415, 'UNSUPPORTED_MEDIA_TYPE', message)
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
  if (body && (await answerPosted(graphql, exchange, body))) return
  const result = await graphql.fetch(
    url.href,
    {
      method,
      headers: [...headersOf(request), ['content-type', 'application/json']],
      ...(body ? { body: new Uint8Array(body) } : {}),
    },
    asker,
  )
  // Every byte that leaves puts it off; streams have their pings.
  response.setTimeout(stallSeconds * 1_000, () => response.destroy())
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

/** Another character set would be read as UTF-8, and so as something else than what was sent. */
function isJson({ headers }: IncomingMessage): boolean {
  if (headers['content-encoding'] !== undefined) return false
  const [mediaType, ...parameters] = (headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  return mediaType === 'application/json' && parameters.every((part) => !part.startsWith('charset') || isUtf8(part))
}

const isUtf8 = (parameter: string) => /^charset="?utf-?8"?$/.test(parameter)

/** All but the content type, which was looked at, and has spellings that Yoga does not know. */
function headersOf(request: IncomingMessage): [string, string][] {
  return Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined || name === 'content-type'
      ? []
      : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  )
}
