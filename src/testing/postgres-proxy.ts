import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy before a Postgres that can stall connections: they stay open, but nothing is forwarded. */
export interface PostgresProxy extends AsyncDisposable {
  /** The same database URL through the proxy. */
  through(url: string): string
  /** The parameters with which each connection was opened: user, options, application_name, … */
  readonly startups: Readonly<Record<string, string>>[]
  /** If true, nothing is forwarded, on new connections either. */
  isSilent: boolean
  /** Stalls the open connections permanently; new ones work. Returns their number. */
  silenceOpenConnections(): number
  /** Closes the connections of this moment; new ones work. Returns how many. */
  cut(): number
}

/** Starts a proxy before a Postgres. */
export async function startPostgresProxy(url: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const silenced = new WeakSet<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    open.add(client)
    client.once('data', (bytes) => proxy.startups.push(startupParameters(bytes)))
    const forwards = () => !proxy.isSilent && !silenced.has(client)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => forwards() && to.write(bytes))
      from.on('end', () => forwards() && to.end())
      from.on('error', () => undefined)
    }
    client.on('close', () => {
      open.delete(client)
      upstream.destroy()
    })
    upstream.on('close', () => forwards() && client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: PostgresProxy = {
    through(address) {
      const changed = new URL(address)
      changed.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
      return changed.href
    },
    startups: [],
    isSilent: false,
    silenceOpenConnections() {
      for (const socket of open) silenced.add(socket)
      return open.size
    },
    cut() {
      for (const socket of open) socket.destroy()
      return open.size
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
  return proxy
}

/** Of a StartupMessage: after its length and the protocol version, names and values that end with a zero byte each. */
function startupParameters(message: Buffer): Record<string, string> {
  const texts = message.toString('utf8', 8).split('\0')
  const pairs = texts.flatMap((text, index) => (index % 2 === 0 && text !== '' ? [[text, texts[index + 1] ?? '']] : []))
  return Object.fromEntries(pairs)
}
