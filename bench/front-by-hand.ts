import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { createSessionVerifier } from '../src/adapters/clerk/session-verifier.ts'
import { type Config, readSettings } from '../src/config/config.ts'
import { readEnvironment } from '../src/config/env.ts'
import { statements } from './front-statements.ts'
import { reportUsage } from './measured-process.ts'

/**
 * A server written by hand for these operations only: node:http and pg, one prepared statement per operation, which also
 * checks that the user may sign in. Tokens are verified and cached as in our server. It has no other checks or limits.
 */
const { clerk, database, poolSize } = readSettings(readEnvironment()) as Config
const verifier = createSessionVerifier(clerk)
const pool = new Pool({ connectionString: database.url, max: poolSize })

const server = createServer(async (request, response) => {
  const token = (request.headers.authorization ?? '').slice('Bearer '.length)
  const { clerkId } = await verifier.verify(token, new Date())
  const { query, variables } = JSON.parse(await readText(request)) as { query: string; variables: never }
  const name = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? ''
  const statement = statements[name]
  if (!statement) throw new Error(`There is no operation "${name}".`)
  const text = statement.sql
  const values = [clerkId, ...(statement.values?.(variables) ?? [])]
  const { rows } = await pool.query({ name, text, values })
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify({ data: statement.toData(rows as never) }))
})

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

server.listen(0, '127.0.0.1', () => reportUsage((server.address() as AddressInfo).port))
