import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { Client, Pool } from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { freePort } from '../src/dev/embedded/free-port.ts'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { startR2 } from '../src/dev/embedded/r2.ts'
import { ensureRuntimeLogin, runtimeLogin } from '../src/dev/embedded/runtime-login.ts'
import plans from '../src/domains/billing/plans/plans.json' with { type: 'json' }
import { migrate } from '../src/platform/database/migrate.ts'
import { production, type TestResources } from '../src/testing/production.ts'

export interface ChaosUser {
  readonly id: string
  readonly clerkId: string
  readonly token: string
}

/** The parts that are not killed: Postgres, the bucket and the users. */
export interface ChaosEnvironment extends AsyncDisposable {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly pool: Pool
  readonly admin: ChaosUser
  readonly users: readonly ChaosUser[]
  readonly purchaseSecret: string
  readonly bucket: TestResources['bucket']
}

const bucket = { bucket: 'uploads', accessKeyId: 'chaos', secretAccessKey: 'chaos-secret' }

/** The plans of the project, which allow as many videos as a run may make. */
const plansWithManyVideos = {
  ...plans,
  plans: plans.plans.map((plan) => ({
    ...plan,
    limits: plan.limits.map((limit) => (limit.meter === 'VIDEOS' ? { ...limit, limit: 100_000 } : limit)),
  })),
}

/** Starts Postgres and R2 and creates `count` users and an admin. */
export async function openChaosEnvironment(count: number): Promise<ChaosEnvironment> {
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
  const resources = { dataDir, bucket: { ...r2, name: bucket.bucket } }
  const deployment = await production(resources, { url: postgres.url('pacer', runtimeLogin), ownerUrl })
  const createUser = async (email: string): Promise<ChaosUser> => {
    const token = await deployment.token(email)
    const user = { id: uuidv7(), clerkId: decodeJwt(token).sub ?? '', token }
    await pool.query('INSERT INTO users (id, clerk_id, created_at) VALUES ($1, $2, now())', [user.id, user.clerkId])
    return user
  }
  const admin = await createUser('admin@example.com')
  const users = await Promise.all(Array.from({ length: count }, (_, n) => createUser(`user-${n}@example.com`)))
  const purchaseSecret = randomBytes(24).toString('hex')
  const port = await freePort()
  const plansFile = join(dataDir, 'plans.json')
  await writeFile(plansFile, JSON.stringify(plansWithManyVideos))
  const env = {
    ...deployment.env,
    PORT: String(port),
    ADMIN_CLERK_IDS: admin.clerkId,
    REVENUECAT_WEBHOOK_SECRET: purchaseSecret,
    AUTO_MIGRATE: 'false',
    PLANS_FILE: plansFile,
    JOB_CONCURRENCY_RENDER: '2',
  }
  const dispose = () => stack.disposeAsync()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    env,
    pool,
    admin,
    users: users,
    purchaseSecret,
    bucket: resources.bucket,
    [Symbol.asyncDispose]: dispose,
  }
}
