import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Program, startProgram } from '../src/testing/process.ts'
import { silenceWorkers } from '../src/testing/silence-workers.ts'
import { checkResults, waitForJobs } from './check-results.ts'
import { finishVideos, tableOfVideos } from './check-videos.ts'
import { openChaosEnvironment } from './environment.ts'
import { countAcknowledged, emptyAcknowledged, makeLoad } from './load.ts'

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
/** What was acknowledged before the last kill: only that can have been lost by a kill. */
let acknowledgedAtLastKill = 0
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

/**
 * Kills the process again and again: by turns within five seconds after its start, so also while it is starting, and
 * within five seconds after it is ready. On a busy machine a start takes longer than five seconds, and a process that is
 * only killed while it starts acknowledges nothing that a kill could lose.
 */
async function killRepeatedly(role: keyof typeof kills): Promise<Program> {
  for (let round = 0; ; round += 1) {
    const program = start(role)
    if (kills.api + kills.worker >= wanted || Date.now() > deadline) return program
    if (round % 2 === 0) await waitUntilReady(role, program)
    await sleep(300 + Math.random() * 4_700)
    kills = { ...kills, [role]: kills[role] + 1 }
    acknowledgedAtLastKill = countAcknowledged(done)
    program.kill('SIGKILL')
    const exit = await program.ended
    if (role === 'worker') await silenceWorkers(environment.pool)
    if (exit !== 'SIGKILL') throw new Error(`The ${role} process exited (${exit}):\n${program.errors()}`)
  }
}

async function waitUntilReady(role: keyof typeof kills, program: Program): Promise<void> {
  const timeout = new AbortController()
  const ready = program.waitForOutput(/"msg":"(ready|working)"/)
  const tooLate = sleep(60_000, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`The ${role} process was not ready after 60 s:\n${program.output()}\n${program.errors()}`)
  })
  try {
    await Promise.race([ready, tooLate])
  } finally {
    timeout.abort()
    tooLate.catch(() => undefined)
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
await finishVideos(environment, 120_000)
const results = await checkResults(environment, done, await waitForJobs(environment, 60_000))

const table = new Table({ head: ['condition', 'checked', 'wrong'], style: { head: [], border: [] } })
for (const { what, checked, wrong } of results) table.push([what, checked, wrong])
const seconds = Math.round(process.uptime())
const killed = `${kills.api} kills of the API, ${kills.worker} of the worker, in ${seconds} s`
console.log(`${killed}; ${done.failures} requests were retried`)
console.log(`${acknowledgedAtLastKill} of ${countAcknowledged(done)} effects were acknowledged before the last kill`)
console.log(table.toString())
console.log(await tableOfVideos(environment, done))
if (kills.api + kills.worker < wanted)
  console.log(`Only ${kills.api + kills.worker} of ${wanted} kills were possible within the time.`)
if (acknowledgedAtLastKill === 0)
  console.log('No effect was acknowledged before the last kill: this run proves nothing.')
if (acknowledgedAtLastKill === 0 || results.some(({ wrong }) => wrong > 0)) process.exitCode = 1
await api[Symbol.asyncDispose]()
