import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import { ClosingResponse, isClosing } from './closing-response.ts'

export type Timeouts = Pick<Limits, 'headSeconds' | 'requestSeconds'>

/** Node checks for connections over their timeout every 30 s by default, so a timeout of 10 s could take 40 s. */
const checkMs = 1_000

/** A node:http server that is protected against slow requests, unbounded bodies and ambiguous requests. */
export function createNodeServer(
  { headSeconds, requestSeconds }: Timeouts,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer({
    headersTimeout: headSeconds * 1_000,
    requestTimeout: requestSeconds * 1_000,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: 15_000,
    maxHeaderSize: 16 * 1024,
    // All other upgrades, such as to HTTP/2, are answered as ordinary requests.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    requireHostHeader: false, // readUrl refuses it with our error
    joinDuplicateHeaders: true, // two Host headers are refused; Node would use the first
    IncomingMessage,
    ServerResponse: ClosingResponse,
  })
  server.on('request', (request, response) => {
    if (!isClosing(request.socket)) answer(request, response)
  })
  // Node would send 100 Continue before any check, and 417 without our headers.
  for (const event of ['checkContinue', 'checkExpectation'] as const) {
    server.on(event, (request, response) => server.emit('request', request, response))
  }
  return server
}
