import { readFile } from 'node:fs/promises'
import { openHouse } from '../chaos/house.ts'
import { startProgram } from '../src/testing/process.ts'

const atOnce = 100
/** An address may ask 3,000 times a minute. */
const rounds = 28
const query =
  '{ me { id creditBalance plan { tier } activities(first: 20) { totalCount edges { node { id title } } } } }'

/** `all` as production runs it, asked by 100 at once: how much memory it needed at most. */
export async function oneContainer(): Promise<string> {
  await using house = await openHouse(atOnce)
  await using program = startProgram(['src/main.ts', 'all'], house.env)
  await program.says(/"msg":"ready"/)
  const idle = await memoryOf(program.pid)
  const began = performance.now()
  const statuses = await Promise.all(
    house.people.map(async ({ token }) => {
      const seen = new Set<number>()
      for (let round = 1; round <= rounds; round += 1) {
        const response = await fetch(`${house.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify({ query }),
        })
        const answer = (await response.json()) as { errors?: unknown }
        seen.add(answer.errors ? 500 : response.status)
      }
      return [...seen]
    }),
  )
  const seconds = (performance.now() - began) / 1_000
  const failed = statuses.flat().filter((status) => status !== 200).length
  const { peak } = await memoryOf(program.pid)
  const perSecond = Math.round((atOnce * rounds) / seconds)
  return [
    `  ${atOnce} at once, ${atOnce * rounds} requests, ${perSecond} a second, ${failed} failed`,
    `  memory: ${idle.now} MB when ready, ${peak} MB at most (of 512)`,
  ].join('\n')
}

/** Resident megabytes, now and at most, by Linux' own book. */
async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024)
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}
