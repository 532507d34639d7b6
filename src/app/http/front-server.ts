import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import { FrontResponse, isLeaving } from './front-response.ts'

export type Timeouts = Pick<Limits, 'headSeconds' | 'requestSeconds'>

/** Node looks for connections that are late every 30 s, so 10 s were up to 40. */
const lookMs = 1_000

/** A server of node:http that clients cannot hold up, by sending slowly, too much, or what is understood in two ways. */
export function createFrontServer(
  { headSeconds, requestSeconds }: Timeouts,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer({
    headersTimeout: headSeconds * 1_000,
    requestTimeout: requestSeconds * 1_000,
    connectionsCheckingInterval: lookMs,
    keepAliveTimeout: 15_000,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false, // readUrl refuses it in our words
    joinDuplicateHeaders: true, // two Hosts are none, where Node would take the first
    IncomingMessage,
    ServerResponse: FrontResponse,
  })
  server.on('request', (request, response) => {
    if (!isLeaving(request.socket)) answer(request, response)
  })
  // Node would say 100 Continue before anybody has looked, and 417 without our headers.
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (request, response) => server.emit('request', request, response))
  }
  return server
}
