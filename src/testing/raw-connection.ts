import { connect, type Socket } from 'node:net'

export interface RawConnection {
  readonly socket: Socket
  /** Everything received so far. */
  readonly received: () => string
  /** Resolves when both sides have closed the connection. */
  readonly closed: Promise<void>
}

/**
 * Opens a TCP connection and sends the text as it is, also where it is not valid HTTP. With `allowHalfOpen` it stays open
 * for writing after the server has ended its side.
 */
export function connectRaw(url: string, text = '', { allowHalfOpen = false } = {}): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen })
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk
  })
  // The server may close the connection while the client writes.
  socket.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('close', () => resolve())
  if (text) socket.write(text)
  return { socket, received: () => received, closed: promise }
}
