import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { developmentIdentity } from '../src/dev/identity.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { environment } from './environment.ts'
import { createPeople, type Person } from './front-people.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'

export interface Stage extends AsyncDisposable {
  readonly ownerUrl: string
  /** From the oldest to the newest. */
  readonly people: readonly Person[]
  readonly admin: Person
  readonly ours: MeasuredProcess
  /** Another server before the same database; it ends with the stage. */
  start(file: string): Promise<MeasuredProcess>
}

/** A Postgres with people in it, and our server as production runs it. */
export async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-bench-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = stack.use(await startPostgres({ dataDir: join(folder, 'postgres'), durable: false }))
  const identity = await developmentIdentity(folder)
  await migrate({ url: postgres.url() })
  const people = await createPeople(postgres.url(), identity)
  const admin = people[0] as Person
  const env = { ...environment(postgres.url(), identity), ADMIN_CLERK_IDS: admin.clerkId }
  const start = async (file: string) => stack.use(await startMeasured(file, env))
  return {
    ownerUrl: postgres.url(),
    people,
    admin,
    ours: await start('front-ours.ts'),
    start,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}
