import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The port is in use by another program (or another Pacer). */
export class PortTaken extends Error {
  constructor(port: number) {
    super(`Port ${port} is already in use. Stop the process that uses it, or choose another port.`)
  }
}

export interface Address {
  readonly host: string
  readonly port: number
  /** Not shared with the other processes of WEB_CONCURRENCY. */
  readonly exclusive?: boolean
}

/** Listens and resolves to the port, which the system chooses for 0. Throws PortTaken. */
export function listen(server: Server, { host, port, exclusive = false }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error),
    )
    server.listen({ port, host, exclusive }, () => resolve((server.address() as AddressInfo).port))
  })
}
