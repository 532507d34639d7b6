import { readManifest } from '../../app/graphql/known-operations.ts'
import { oneLine } from '../terminal/one-line.ts'

const answerMs = 15_000

/** Speaks to a running server as a front end does. */
export interface Client {
  /** The HTTP status of a path, with what it says. */
  get(path: string): Promise<{ status: number; text: string }>
  /** Runs an operation of operations/*.graphql, by its name. Throws ServerRefused. */
  ask<Data>(name: string, variables?: object): Promise<Data>
}

export class ServerRefused extends Error {
  override readonly name = 'ServerRefused'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

export function createClient(api: string, token: string): Client {
  const operations = new Map([...readManifest()].map(([hash, query]) => [nameOf(query), { hash, query }]))

  const post = async (body: object): Promise<Answer> => {
    const response = await fetch(new URL('graphql', api), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMs),
    })
    const text = await response.text()
    try {
      return JSON.parse(text)
    } catch {
      throw new Error(`${response.status}, and no GraphQL: ${oneLine(text, 80)}`)
    }
  }

  return {
    async get(path) {
      const response = await fetch(new URL(path, api), { signal: AbortSignal.timeout(answerMs) })
      return { status: response.status, text: oneLine(await response.text(), 200) }
    },
    async ask<Data>(name: string, variables: object = {}) {
      const operation = operations.get(name)
      if (!operation) throw new Error(`There is no operation ${name} in operations/.`)
      // As clients of persisted operations do: the hash, and the text where the server does not know it.
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
