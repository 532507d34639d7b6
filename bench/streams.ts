import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { type DevelopmentIdentity, developmentIdentity } from '../src/dev/identity.ts'
import { createDatabase } from '../src/platform/database/db.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { startProgram } from '../src/testing/process.ts'
import { environment } from './environment.ts'
import { residentMb } from './resident-memory.ts'

const userCount = 100
const streamsEach = 10
const query = 'subscription { creditBalanceChanged { creditBalance } }'

/** Measures the memory of one API process, as in production, with a thousand open streams. */
export async function streams(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pacer-streams-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = cleanup.use(await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: false }))
  const identity = await developmentIdentity(dataDir)
  const program = cleanup.use(startProgram(['src/main.ts', 'api'], environment(postgres.url(), identity)))
  const [, port] = await program.waitForOutput(/"role":"api","port":(\d+)/)
  await signUp(postgres.url(), identity)
  const disconnect = new AbortController()
  const before = await residentMb(program.pid)

  const open = async (email: string) => {
    const token = await identity.signToken({ email, now: new Date(), expiresInSeconds: 3_600 })
    const { body, status } = await fetch(`http://localhost:${port}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query }),
      signal: disconnect.signal,
    })
    const reader = body?.getReader()
    let text = ''
    while (!text.includes('event: next')) text += new TextDecoder().decode((await reader?.read())?.value)
    if (status !== 200 || !text.includes('creditBalance"')) throw new Error(`No stream was opened: ${status} ${text}`)
    return reader
  }
  const began = performance.now()
  const opened = []
  for (let n = 0; n < streamsEach; n += 1) {
    opened.push(...(await Promise.all(Array.from({ length: userCount }, (_, index) => open(address(index))))))
  }
  const openMs = performance.now() - began
  const peak = await residentMb(program.pid)
  disconnect.abort()
  program.kill('SIGTERM')
  await program.ended
  return [
    `${opened.length} streams of ${userCount} users, opened in ${(openMs / 1_000).toFixed(1)} s`,
    `resident memory ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB with all open: ${(((peak - before) * 1_024) / opened.length).toFixed(0)} KB each`,
  ].join('\n')
}

const address = (index: number) => `p${index}@example.com`

/** Creates the users, since without Clerk a first request cannot. */
async function signUp(url: string, identity: DevelopmentIdentity): Promise<void> {
  await using db = createDatabase({ url, isPooled: false, poolSize: 1, log: silentLog, onNotify: () => undefined })
  const now = new Date()
  for (let index = 0; index < userCount; index += 1) {
    const { sub } = decodeJwt(await identity.signToken({ email: address(index), now, expiresInSeconds: 60 }))
    await db.prisma.user.create({ data: { clerkId: sub ?? '', createdAt: now } })
  }
}
