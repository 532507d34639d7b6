import type { WebSocket } from 'ws'
import { pingsPerStall } from './write-events.ts'

/** Pings the client, and closes the WebSocket when for `stallSeconds` it has neither answered a ping nor read anything. */
export function pingWhileAlive(socket: WebSocket, stallSeconds: number): void {
  const stallMs = stallSeconds * 1_000
  let aliveAt = performance.now()
  let unread = 0
  socket.on('pong', () => {
    aliveAt = performance.now()
  })
  const timer = setInterval(() => {
    if (socket.bufferedAmount < unread) aliveAt = performance.now()
    unread = socket.bufferedAmount
    if (performance.now() - aliveAt > stallMs) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.ping()
  }, stallMs / pingsPerStall)
  socket.once('close', () => clearInterval(timer))
}
