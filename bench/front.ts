import { isDeepStrictEqual } from 'node:util'
import { renderTable } from '../src/cli/terminal/table.ts'
import { ask, send } from './front-load.ts'
import { type Operation, operations } from './front-operations.ts'
import type { Person } from './front-people.ts'
import { setStage } from './front-stage.ts'
import type { MeasuredProcess } from './measured-process.ts'
import { percentile } from './percentile.ts'

const connections = 8
/** V8 compiles what is hot again and again: ours gets faster for some 10,000 requests, by hand for 2,000. */
const warmUps = 60
const rounds = 20

interface Contestant {
  readonly server: MeasuredProcess
  readonly milliseconds: number[]
  cpuMicros: number
  statements: number
}

/**
 * Our server as production runs it beside one written by hand, each a process of its own before the same Postgres, in
 * turns: one round of an operation asks both the same.
 */
export async function front(): Promise<string> {
  await using stage = await setStage()
  const { people, admin, ours } = stage
  const byHand = await stage.start('front-by-hand.ts')

  const servers = [ours, byHand] as const
  const askersOf = ({ byAdmin }: Operation) =>
    byAdmin ? Array<Person>(connections).fill(admin) : people.slice(1, connections + 1)
  for (const operation of operations) await compareAnswers(operation, askersOf(operation)[0] as Person, servers)
  for (let round = 0; round < warmUps; round += 1) {
    for (const operation of operations) {
      for (const server of servers) await askRound(server, operation, askersOf(operation))
    }
  }
  const rows: string[][] = []
  for (const operation of operations) {
    const [first, second] = await race(operation, askersOf(operation), servers)
    rows.push([operation.name, ...columnsOf(first, second)])
  }
  const [left, right] = await Promise.all([ours.usage(), byHand.usage()])
  return [
    renderTable(['operation', 'CPU', 'µs (by hand)', 'p50 ms', 'p99 ms', 'statements'], rows),
    `resident memory ${left.residentMb.toFixed(0)} MB (${right.residentMb.toFixed(0)})`,
    `${connections} connections; in brackets: by hand`,
  ].join('\n')
}

/** Both must answer the same, but for what only one of them may have changed. */
async function compareAnswers(operation: Operation, person: Person, servers: readonly MeasuredProcess[]) {
  const repeated = { ...operation, variables: operation.variables && (() => operation.variables?.(person, 0) ?? {}) }
  const answers: unknown[] = []
  for (const { port } of servers) answers.push(JSON.parse(await send(port, repeated, person)))
  if (!isDeepStrictEqual(answers[0], answers[1])) {
    throw new Error(`The answers to ${operation.name} differ: ${JSON.stringify(answers).slice(0, 2_000)}`)
  }
}

async function race(
  operation: Operation,
  people: readonly Person[],
  servers: readonly [MeasuredProcess, MeasuredProcess],
): Promise<[Contestant, Contestant]> {
  const enter = (server: MeasuredProcess): Contestant => ({ server, milliseconds: [], cpuMicros: 0, statements: 0 })
  const contestants: [Contestant, Contestant] = [enter(servers[0]), enter(servers[1])]
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of contestants) {
      const before = await contestant.server.usage()
      const { milliseconds } = await askRound(contestant.server, operation, people)
      const after = await contestant.server.usage()
      contestant.milliseconds.push(...milliseconds)
      contestant.cpuMicros += after.cpuMicros - before.cpuMicros
      contestant.statements += after.statements - before.statements
    }
  }
  return contestants
}

const askRound = ({ port }: MeasuredProcess, operation: Operation, people: readonly Person[]) =>
  ask({ port, operation, people, requestsEach: operation.isHeavy ? 5 : 25 })

function columnsOf(ours: Contestant, byHand: Contestant): string[] {
  const cpu = ({ cpuMicros, milliseconds }: Contestant) => cpuMicros / milliseconds.length
  const both = (of: (contestant: Contestant) => number, digits: number) =>
    `${of(ours).toFixed(digits)} (${of(byHand).toFixed(digits)})`
  return [
    `${(cpu(ours) / cpu(byHand)).toFixed(1)} ×`,
    both(cpu, 0),
    both(({ milliseconds }) => percentile(milliseconds, 0.5), 1),
    both(({ milliseconds }) => percentile(milliseconds, 0.99), 1),
    both(({ statements, milliseconds }) => statements / milliseconds.length, 1),
  ]
}
