import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The port is taken by another program (or another Pacer). */
export class PortTaken extends Error {
  constructor(port: number) {
    super(`Port ${port} is taken. Stop what listens there, or choose another port.`)
  }
}

export interface Address {
  readonly host: string
  readonly port: number
  /** Not shared with the other processes of WEB_CONCURRENCY. */
  readonly exclusive?: boolean
}

/** Listens and resolves to the port, which was chosen by the system where 0 was asked for. Throws PortTaken. */
export function listen(server: Server, { host, port, exclusive = false }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error),
    )
    server.listen({ port, host, exclusive }, () => resolve((server.address() as AddressInfo).port))
  })
}
