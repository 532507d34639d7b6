import { readFile } from 'node:fs/promises'
import { openChaosEnvironment } from '../chaos/environment.ts'
import { startProgram } from '../src/testing/process.ts'

const atOnce = 100
/** The rate limit is 3,000 requests per minute and address. */
const rounds = 28
const query =
  '{ me { id creditBalance plan { tier } activities(first: 20) { totalCount edges { node { id title } } } } }'

/** Measures the peak memory of `all` as in production with 100 concurrent clients. */
export async function oneContainer(): Promise<string> {
  await using environment = await openChaosEnvironment(atOnce)
  await using program = startProgram(['src/main.ts', 'all'], environment.env)
  await program.waitForOutput(/"msg":"ready"/)
  const idle = await memoryOf(program.pid)
  const began = performance.now()
  const statuses = await Promise.all(
    environment.users.map(async ({ token }) => {
      const seen = new Set<number>()
      for (let round = 1; round <= rounds; round += 1) {
        const response = await fetch(`${environment.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ query }),
        })
        const body = (await response.json()) as { errors?: unknown }
        seen.add(body.errors ? 500 : response.status)
      }
      return [...seen]
    }),
  )
  const seconds = (performance.now() - began) / 1_000
  const failed = statuses.flat().filter((status) => status !== 200).length
  const { peak } = await memoryOf(program.pid)
  const perSecond = Math.round((atOnce * rounds) / seconds)
  return [
    `  ${atOnce} clients, ${atOnce * rounds} requests, ${perSecond} per second, ${failed} failed`,
    `  memory: ${idle.now} MB when ready, ${peak} MB at most (of 512)`,
  ].join('\n')
}

/** Resident megabytes, current and peak, from /proc. */
async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024)
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}
