import { connect, type Socket } from 'node:net'

export interface RawConnection {
  readonly socket: Socket
  /** All that has come. */
  readonly received: () => string
  /** Resolves when both sides have ended, however. */
  readonly closed: Promise<void>
}

/**
 * A connection of its own that says just this, past all that fetch would make right. A stubborn one goes on when the
 * other side has ended.
 */
export function connectRaw(url: string, text = '', { isStubborn = false } = {}): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: isStubborn })
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => undefined) // one that is cut while it writes
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('close', () => resolve())
  if (text) socket.write(text)
  return { socket, received: () => received, closed: promise }
}
