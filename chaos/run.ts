import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Program, startProgram } from '../src/testing/process.ts'
import { openHouse } from './house.ts'
import { makeLoad, nothing } from './load.ts'
import { judge, settled } from './verdicts.ts'

/*
 * `npm run test:chaos`              200 kills (-9) of the API and the worker at random moments under load, six minutes at
 *                                   most; then everything that was acknowledged must be there, once.
 * `npm run test:chaos -- --kills 30`  fewer.
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, minutes: { type: 'string', default: '6' } },
})
const wanted = Number(values.kills)
const deadline = Date.now() + Number(values.minutes) * 60_000

await using house = await openHouse(4)
const done = nothing()
let kills = { api: 0, worker: 0 }
let isOver = false

const start = (role: keyof typeof kills): Program =>
  role === 'api'
    ? startProgram(['src/main.ts', 'api'], house.env)
    : startProgram(
        [
          'src/testing/worker-process.ts',
          JSON.stringify({ env: house.env, heartbeat: { beatMs: 500, silentMs: 2_000 } }),
        ],
        {},
      )

/** Killed within five seconds: also while it starts. */
async function killAgainAndAgain(role: keyof typeof kills): Promise<Program> {
  for (;;) {
    const program = start(role)
    if (kills.api + kills.worker >= wanted || Date.now() > deadline) return program
    await sleep(300 + Math.random() * 4_700)
    kills = { ...kills, [role]: kills[role] + 1 }
    program.kill('SIGKILL')
    const how = await program.ended
    if (how !== 'SIGKILL') throw new Error(`The ${role} ended by itself (${how}):\n${program.errors()}`)
  }
}

const load = makeLoad(house, done, () => isOver)
await using api = await Promise.all([killAgainAndAgain('api'), killAgainAndAgain('worker')]).then(
  ([first, second]) => ({
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]()
      await second[Symbol.asyncDispose]()
    },
  }),
)
isOver = true
await load
const verdicts = await judge(house, done, await settled(house, 60_000))

const table = new Table({ head: ['what must hold', 'checked', 'wrong'], style: { head: [], border: [] } })
for (const { what, checked, wrong } of verdicts) table.push([what, checked, wrong])
const seconds = Math.round(process.uptime())
const killed = `${kills.api} kills of the API, ${kills.worker} of the worker, in ${seconds} s`
console.log(`${killed}; ${done.failures} requests were tried again`)
console.log(table.toString())
if (kills.api + kills.worker < wanted)
  console.log(`Only ${kills.api + kills.worker} of ${wanted} kills fitted the time.`)
if (verdicts.some(({ wrong }) => wrong > 0)) process.exitCode = 1
await api[Symbol.asyncDispose]()
