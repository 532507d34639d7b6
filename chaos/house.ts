import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { Client, Pool } from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { freePort } from '../src/dev/embedded/free-port.ts'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { startR2 } from '../src/dev/embedded/r2.ts'
import { ensureRuntimeLogin, runtimeLogin } from '../src/dev/embedded/runtime-login.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { production } from '../src/testing/production.ts'

export interface Person {
  readonly id: string
  readonly clerkId: string
  readonly token: string
}

/** What is never killed: Postgres, the bucket, and the people. */
export interface House extends AsyncDisposable {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly pool: Pool
  readonly admin: Person
  readonly people: readonly Person[]
  readonly purchaseSecret: string
}

const bucket = { bucket: 'uploads', accessKeyId: 'chaos', secretAccessKey: 'chaos-secret' }

export async function openHouse(count: number): Promise<House> {
  const stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'pacer-chaos-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
  const postgres = stack.use(await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: false }))
  const r2 = stack.use(await startR2({ dataDir: join(dataDir, 'r2'), ...bucket }))
  const client = new Client({ connectionString: postgres.url() })
  await client.connect()
  await ensureRuntimeLogin(client)
  await client.query('CREATE DATABASE pacer')
  await client.end()
  const ownerUrl = postgres.url('pacer')
  await migrate({ url: ownerUrl })
  const pool = stack.adopt(new Pool({ connectionString: ownerUrl }), (opened) => opened.end())
  const surroundings = { dataDir, bucket: { ...r2, name: bucket.bucket } }
  const made = await production(surroundings, { url: postgres.url('pacer', runtimeLogin), ownerUrl })
  const settle = async (email: string): Promise<Person> => {
    const token = await made.token(email)
    const person = { id: uuidv7(), clerkId: decodeJwt(token).sub ?? '', token }
    await pool.query('INSERT INTO users (id, clerk_id, created_at) VALUES ($1, $2, now())', [person.id, person.clerkId])
    return person
  }
  const admin = await settle('admin@example.com')
  const people = await Promise.all(Array.from({ length: count }, (_, n) => settle(`person-${n}@example.com`)))
  const purchaseSecret = randomBytes(24).toString('hex')
  const port = await freePort()
  const env = {
    ...made.env,
    PORT: String(port),
    ADMIN_CLERK_IDS: admin.clerkId,
    REVENUECAT_WEBHOOK_SECRET: purchaseSecret,
    AUTO_MIGRATE: 'false',
  }
  const dispose = () => stack.disposeAsync()
  const url = `http://127.0.0.1:${port}`
  return { url, env, pool, admin, people, purchaseSecret, [Symbol.asyncDispose]: dispose }
}
