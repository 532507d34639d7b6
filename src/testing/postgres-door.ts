import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands before a Postgres on loopback, and can fall silent: TCP goes on, and nothing is forwarded any more. */
export interface PostgresDoor extends AsyncDisposable {
  /** The same address, through the door. */
  through(url: string): string
  /** True: nothing is forwarded, on new connections either. */
  isSilent: boolean
  /** The connections of this moment are silent for ever; new ones work. Says how many. */
  silenceOld(): number
}

export async function openPostgresDoor(url: string): Promise<PostgresDoor> {
  const { hostname, port } = new URL(url)
  const inside = new Set<Socket>()
  const silenced = new WeakSet<Socket>()
  const server = createServer((outer) => {
    const inner = connect(Number(port), hostname)
    inside.add(outer)
    const isHeard = () => !door.isSilent && !silenced.has(outer)
    for (const [from, to] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      from.on('data', (bytes) => isHeard() && to.write(bytes))
      from.on('end', () => isHeard() && to.end())
      from.on('error', () => undefined)
    }
    outer.on('close', () => {
      inside.delete(outer)
      inner.destroy()
    })
    inner.on('close', () => isHeard() && outer.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const door: PostgresDoor = {
    through(address) {
      const changed = new URL(address)
      changed.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
      return changed.href
    },
    isSilent: false,
    silenceOld() {
      for (const socket of inside) silenced.add(socket)
      return inside.size
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of inside) socket.destroy()
      await once(server, 'close')
    },
  }
  return door
}
