import { createServer } from 'node:net'
import { isErrno } from './processes.ts'

/** Whether nothing listens on this port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port)
    return true
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE', 'EACCES')) return false
    throw error
  }
}

/** A port of 127.0.0.1 that was free just now. Another program may take it first, so callers must be able to retry. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address()
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('The system assigned no port.')),
      )
    })
  })
}
