import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Most clients send all before they read. So much and so long is taken, and left, for them to come to their answer. */
const lingerBytes = 4 * 1024 * 1024
const lingerMs = 1_500

const leaving = new WeakSet<Socket>()

/** Whether it is closed after an answer that was given, so that nothing more is answered there. */
export function isLeaving(socket: Socket): boolean {
  return leaving.has(socket)
}

/**
 * An answer that ends its connection where it comes before the request's end: Node would keep the connection, and so
 * read whatever the client still sends, 100 GB too.
 */
export class FrontResponse extends ServerResponse {
  override writeHead(status: number, ...rest: unknown[]): this {
    if (isUnread(this.req)) leaveAfter(this)
    return super.writeHead(status, ...(rest as []))
  }
}

function isUnread({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * To close a socket that holds unread bytes resets it, and what the client had not read of its answer is lost. So our
 * side ends with the answer, and the client's a moment later.
 */
function leaveAfter(response: ServerResponse): void {
  const { req: request } = response
  const { socket } = request
  leaving.add(socket)
  response.setHeader('connection', 'close')
  let left = lingerBytes
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.pause()
  })
  request.resume()
  const close = socket.destroySoon.bind(socket)
  // Node calls it when the last answer has left.
  socket.destroySoon = () => {
    if (request.complete) return close()
    socket.end()
    request.once('end', close)
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
}
