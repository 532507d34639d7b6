import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { developmentIdentity } from '../src/dev/identity.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { environment } from './environment.ts'
import { type BenchUser, createUsers } from './front-users.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'

export interface FrontEnvironment extends AsyncDisposable {
  readonly ownerUrl: string
  /** From the oldest to the newest. */
  readonly users: readonly BenchUser[]
  readonly admin: BenchUser
  readonly ours: MeasuredProcess
  /** Starts another server with the same database. It ends with the environment. */
  start(file: string): Promise<MeasuredProcess>
}

/** Starts a Postgres with users, and our server as in production. */
export async function openFrontEnvironment(): Promise<FrontEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-bench-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = stack.use(await startPostgres({ dataDir: join(folder, 'postgres'), durable: false }))
  const identity = await developmentIdentity(folder)
  await migrate({ url: postgres.url() })
  const users = await createUsers(postgres.url(), identity)
  const admin = users[0] as BenchUser
  const env = { ...environment(postgres.url(), identity), ADMIN_CLERK_IDS: admin.clerkId }
  const start = async (file: string) => stack.use(await startMeasured(file, env))
  return {
    ownerUrl: postgres.url(),
    users,
    admin,
    ours: await start('front-ours.ts'),
    start,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}
