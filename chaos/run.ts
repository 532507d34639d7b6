import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Program, startProgram } from '../src/testing/process.ts'
import { checkResults, waitForJobs } from './check-results.ts'
import { openChaosEnvironment } from './environment.ts'
import { emptyAcknowledged, makeLoad } from './load.ts'

/*
 * `npm run test:chaos`                kills the API and the worker 200 times (SIGKILL) at random times under load, for at
 *                                     most six minutes, then checks that each acknowledged effect exists exactly once.
 * `npm run test:chaos -- --kills 30`  kills them 30 times.
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, minutes: { type: 'string', default: '6' } },
})
const wanted = Number(values.kills)
const deadline = Date.now() + Number(values.minutes) * 60_000

await using environment = await openChaosEnvironment(4)
const done = emptyAcknowledged()
let kills = { api: 0, worker: 0 }
let isOver = false

const start = (role: keyof typeof kills): Program =>
  role === 'api'
    ? startProgram(['src/main.ts', 'api'], environment.env)
    : startProgram(
        [
          'src/testing/worker-process.ts',
          JSON.stringify({ env: environment.env, heartbeat: { beatMs: 500, deadAfterMs: 2_000 } }),
        ],
        {},
      )

/** Kills the process within five seconds after each start, also while it is starting. */
async function killRepeatedly(role: keyof typeof kills): Promise<Program> {
  for (;;) {
    const program = start(role)
    if (kills.api + kills.worker >= wanted || Date.now() > deadline) return program
    await sleep(300 + Math.random() * 4_700)
    kills = { ...kills, [role]: kills[role] + 1 }
    program.kill('SIGKILL')
    const exit = await program.ended
    if (exit !== 'SIGKILL') throw new Error(`The ${role} process exited (${exit}):\n${program.errors()}`)
  }
}

const load = makeLoad(environment, done, () => isOver)
await using api = await Promise.all([killRepeatedly('api'), killRepeatedly('worker')]).then(([first, second]) => ({
  async [Symbol.asyncDispose]() {
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  },
}))
isOver = true
await load
const results = await checkResults(environment, done, await waitForJobs(environment, 60_000))

const table = new Table({ head: ['condition', 'checked', 'wrong'], style: { head: [], border: [] } })
for (const { what, checked, wrong } of results) table.push([what, checked, wrong])
const seconds = Math.round(process.uptime())
const killed = `${kills.api} kills of the API, ${kills.worker} of the worker, in ${seconds} s`
console.log(`${killed}; ${done.failures} requests were retried`)
console.log(table.toString())
if (kills.api + kills.worker < wanted)
  console.log(`Only ${kills.api + kills.worker} of ${wanted} kills were possible within the time.`)
if (results.some(({ wrong }) => wrong > 0)) process.exitCode = 1
await api[Symbol.asyncDispose]()
