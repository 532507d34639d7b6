import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isPortFree } from './free-port.ts'
import { findPostgres } from './postgres.ts'
import { inspectProcess } from './processes.ts'
import { findR2 } from './r2.ts'

interface Owned {
  readonly postgres: { readonly pid: number; readonly url: string }
  readonly r2: { readonly pid: number; readonly port: number }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-owner-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

it.each(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)(
  'Postgres and R2 end when their owner ends by %s, and can be started again at once',
  { timeout: 60_000 },
  async (signal) => {
    const first = await startOwner()
    expect((await findPostgres(join(folder, 'postgres')))?.pid).toBe(first.owned.postgres.pid)
    expect((await findR2(join(folder, 'r2')))?.port).toBe(first.owned.r2.port)
    first.process.kill(signal)
    const second = await startOwner()
    await expectEnded(first.owned)
    second.process.kill('SIGKILL')
    await expectEnded(second.owned)
  },
)

async function expectEnded({ postgres, r2 }: Owned): Promise<void> {
  await expect.poll(() => inspectProcess(postgres.pid), { timeout: 15_000 }).toBeNull()
  await expect.poll(() => inspectProcess(r2.pid), { timeout: 15_000 }).toBeNull()
  // workerd, a child of the R2 process, listens on the port.
  await expect.poll(() => isPortFree(r2.port), { timeout: 15_000 }).toBe(true)
}

async function startOwner(): Promise<{ process: ChildProcessByStdio<null, Readable, null>; owned: Owned }> {
  const script = fileURLToPath(new URL('../../testing/dev-owner.ts', import.meta.url))
  const owner = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(owner.stdout, 'data')
  return { process: owner, owned: JSON.parse(String(line)) }
}
