import { Agent, request } from 'node:http'
import type { Operation } from './front-operations.ts'
import type { BenchUser } from './front-users.ts'

export interface Round {
  readonly milliseconds: readonly number[]
}

export interface Load {
  readonly port: number
  readonly operation: Operation
  /** One connection for each user, so that connections do not wait for each other's locks. */
  readonly users: readonly BenchUser[]
  readonly requestsEach: number
}

const agent = new Agent({ keepAlive: true })
let turn = 0

/** Sends requests over one connection per user, each after the response to the previous one. Throws at an error. */
export async function sendRequests({ port, operation, users, requestsEach }: Load): Promise<Round> {
  const milliseconds: number[] = []
  await Promise.all(
    users.map(async (user) => {
      for (let n = 0; n < requestsEach; n += 1) {
        const startedAt = performance.now()
        const response = await send(port, operation, user)
        milliseconds.push(performance.now() - startedAt)
        if (response.includes('"errors"')) throw new Error(`${operation.name} failed: ${response.slice(0, 500)}`)
      }
    }),
  )
  return { milliseconds }
}

/** Sends one request and returns the body of the response. */
export function send(port: number, { query, variables }: Operation, user: BenchUser): Promise<string> {
  turn += 1
  const body = JSON.stringify({ query, ...(variables ? { variables: variables(user, turn) } : {}) })
  return new Promise((resolve, reject) => {
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${user.token}`,
    }
    const sent = request({ agent, host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => resolve(Buffer.concat(chunks).toString()))
      response.once('error', reject)
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
