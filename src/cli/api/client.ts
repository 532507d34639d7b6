import { readManifest } from '../../app/graphql/operation-manifest.ts'
import { oneLine } from '../terminal/one-line.ts'

const timeoutMs = 15_000

/** A client of a running server that sends requests as a front end does. */
export interface Client {
  /** The HTTP status and the body of a path. */
  get(path: string): Promise<{ status: number; text: string }>
  /** Runs an operation of operations/*.graphql, by its name. Throws ServerRefused. */
  execute<Data>(name: string, variables?: object): Promise<Data>
}

export class ServerRefused extends Error {
  override readonly name = 'ServerRefused'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface GraphqlResponse {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

export function createClient(api: string, token: string): Client {
  const operations = new Map([...readManifest()].map(([hash, query]) => [nameOf(query), { hash, query }]))

  const post = async (body: object): Promise<GraphqlResponse> => {
    const response = await fetch(new URL('graphql', api), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    try {
      return JSON.parse(text)
    } catch {
      throw new Error(`the response is not JSON: ${response.status} ${oneLine(text, 80)}`)
    }
  }

  return {
    async get(path) {
      const response = await fetch(new URL(path, api), { signal: AbortSignal.timeout(timeoutMs) })
      return { status: response.status, text: oneLine(await response.text(), 200) }
    },
    async execute<Data>(name: string, variables: object = {}) {
      const operation = operations.get(name)
      if (!operation) throw new Error(`There is no operation ${name} in operations/.`)
      // As clients of persisted operations do: send the hash, and the text only if the server does not know the hash.
      const persistedQuery = { version: 1, sha256Hash: operation.hash }
      const byHash = await post({ variables, extensions: { persistedQuery } })
      const isUnknown = byHash.errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND'
      const { data, errors } = isUnknown ? await post({ variables, query: operation.query }) : byHash
      const [error] = errors ?? []
      if (error) throw new ServerRefused(error.extensions?.code ?? '', oneLine(error.message, 200))
      return data as Data
    },
  }
}

const nameOf = (query: string) => /^\w+ (\w+)/.exec(query)?.[1] ?? ''
