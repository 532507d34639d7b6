import type { Exchange } from '../http/exchange.ts'
import { refuse } from '../http/guards.ts'
import { noteErrors } from '../http/request-log.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { toAnswer } from './to-answer.ts'

/** For the log and the metrics. */
export const streamTokenRoute = '/graphql/streams/{id}/token'

/** The id in the path of a request that extends a stream; null for other paths. */
export function streamIdIn(path: string): string | null {
  return /^\/graphql\/streams\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/token$/.exec(path)?.[1] ?? null
}

/**
 * Extends a stream that any process has open, to the expiry of the token that this request is sent with. The body is not
 * read.
 */
export async function answerStreamToken(
  graphql: GraphqlServer,
  { request, response, record, requester }: Omit<Exchange, 'stallSeconds'>,
  streamId: string,
): Promise<void> {
  if (request.method !== 'POST') {
    record.codes.add('METHOD_NOT_ALLOWED')
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST to extend a stream.')
  }
  const extended = await graphql.extendStream(streamId, request.headers.authorization ?? null, requester)
  if ('errors' in extended) {
    noteErrors(extended)
    const { status, headers, text } = toAnswer(extended, 'application/json')
    response.writeHead(status, headers)
    return void response.end(text)
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ expiresAt: extended.expiresAt }))
}
