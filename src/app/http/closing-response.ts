import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Most clients send the whole request before they read. This many bytes are read and discarded, for this long, so that
 * the client can read its response.
 */
const drainBytes = 4 * 1024 * 1024
const drainMs = 1_500

const closing = new WeakSet<Socket>()

/** Whether the socket closes after a response that was already sent, so that later requests on it are not answered. */
export function isClosing(socket: Socket): boolean {
  return closing.has(socket)
}

/**
 * A response that closes its connection if it is sent before the request is complete. Node would keep the connection
 * and read the rest of the request, even 100 GB of it.
 */
export class ClosingResponse extends ServerResponse {
  override writeHead(status: number, ...rest: unknown[]): this {
    if (isUnread(this.req)) closeAfter(this)
    return super.writeHead(status, ...(rest as []))
  }
}

function isUnread({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Closing a socket with unread bytes resets it, and the client loses the part of the response it has not read. So this
 * side is ended with the response, and the socket is destroyed a moment later (nginx calls it a lingering close).
 */
function closeAfter(response: ServerResponse): void {
  const { req: request } = response
  const { socket } = request
  closing.add(socket)
  response.setHeader('connection', 'close')
  let left = drainBytes
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.pause()
  })
  request.resume()
  const close = socket.destroySoon.bind(socket)
  // Node calls destroySoon after the last response is sent.
  socket.destroySoon = () => {
    if (request.complete) return close()
    socket.end()
    request.once('end', close)
    setTimeout(() => socket.destroy(), drainMs).unref()
  }
}
