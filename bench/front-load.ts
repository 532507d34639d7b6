import { Agent, request } from 'node:http'
import type { Operation } from './front-operations.ts'
import type { Person } from './front-people.ts'

export interface Round {
  readonly milliseconds: readonly number[]
}

export interface Load {
  readonly port: number
  readonly operation: Operation
  /** One connection each; nobody meets another's locks. */
  readonly people: readonly Person[]
  readonly requestsEach: number
}

const agent = new Agent({ keepAlive: true })
let turn = 0

/** Asks over as many connections as there are people, each the next as soon as it is answered; throws at an error. */
export async function ask({ port, operation, people, requestsEach }: Load): Promise<Round> {
  const milliseconds: number[] = []
  await Promise.all(
    people.map(async (person) => {
      for (let n = 0; n < requestsEach; n += 1) {
        const began = performance.now()
        const answer = await send(port, operation, person)
        milliseconds.push(performance.now() - began)
        if (answer.includes('"errors"')) throw new Error(`${operation.name} failed: ${answer.slice(0, 500)}`)
      }
    }),
  )
  return { milliseconds }
}

/** The text of one answer. */
export function send(port: number, { query, variables }: Operation, person: Person): Promise<string> {
  turn += 1
  const body = JSON.stringify({ query, ...(variables ? { variables: variables(person, turn) } : {}) })
  return new Promise((resolve, reject) => {
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: `Bearer ${person.token}`,
    }
    const asked = request({ agent, host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => resolve(Buffer.concat(chunks).toString()))
      response.once('error', reject)
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
