import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { createSessionVerifier } from '../src/adapters/clerk/session-verifier.ts'
import { type Config, readSettings } from '../src/config/config.ts'
import { readEnvironment } from '../src/config/env.ts'
import { answers } from './front-statements.ts'
import { tellUsage } from './measured-process.ts'

/**
 * What one would write by hand for these operations alone: node:http and pg, one prepared statement each, which also
 * looks whether the person may sign in. The token is verified and remembered as ours does. It checks and limits nothing.
 */
const { clerk, database, poolSize } = readSettings(readEnvironment()) as Config
const verifier = createSessionVerifier(clerk)
const pool = new Pool({ connectionString: database.url, max: poolSize })

const server = createServer(async (request, response) => {
  const token = (request.headers.authorization ?? '').slice('Bearer '.length)
  const { clerkId } = await verifier.verify(token, new Date())
  const { query, variables } = JSON.parse(await readText(request)) as { query: string; variables: never }
  const name = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? ''
  const answer = answers[name]
  if (!answer) throw new Error(`There is no operation "${name}".`)
  const text = answer.sql
  const values = [clerkId, ...(answer.values?.(variables) ?? [])]
  const { rows } = await pool.query({ name, text, values })
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify({ data: answer.toData(rows as never) }))
})

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

server.listen(0, '127.0.0.1', () => tellUsage((server.address() as AddressInfo).port))
