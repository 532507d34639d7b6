import { isDeepStrictEqual } from 'node:util'
import { renderTable } from '../src/cli/terminal/table.ts'
import { openFrontEnvironment } from './front-environment.ts'
import { send, sendRequests } from './front-load.ts'
import { type Operation, operations } from './front-operations.ts'
import type { BenchUser } from './front-users.ts'
import type { MeasuredProcess } from './measured-process.ts'
import { percentile } from './percentile.ts'

const connections = 8
/** V8 optimises hot code repeatedly: our server becomes faster for about 10,000 requests, the one by hand for 2,000. */
const warmUps = 60
const rounds = 20

interface Candidate {
  readonly server: MeasuredProcess
  readonly milliseconds: number[]
  cpuMicros: number
  statements: number
}

/**
 * Compares our server as in production with one written by hand. Each is a process with the same Postgres; in each round
 * both get the same requests, one after the other.
 */
export async function front(): Promise<string> {
  await using environment = await openFrontEnvironment()
  const { users, admin, ours } = environment
  const byHand = await environment.start('front-by-hand.ts')

  const servers = [ours, byHand] as const
  const clientsFor = ({ byAdmin }: Operation) =>
    byAdmin ? Array<BenchUser>(connections).fill(admin) : users.slice(1, connections + 1)
  for (const operation of operations) await compareAnswers(operation, clientsFor(operation)[0] as BenchUser, servers)
  for (let round = 0; round < warmUps; round += 1) {
    for (const operation of operations) {
      for (const server of servers) await runRound(server, operation, clientsFor(operation))
    }
  }
  const rows: string[][] = []
  for (const operation of operations) {
    const [first, second] = await measureInTurns(operation, clientsFor(operation), servers)
    rows.push([operation.name, ...columnsOf(first, second)])
  }
  const [left, right] = await Promise.all([ours.usage(), byHand.usage()])
  return [
    renderTable(['operation', 'CPU', 'µs (by hand)', 'p50 ms', 'p99 ms', 'statements'], rows),
    `resident memory ${left.residentMb.toFixed(0)} MB (${right.residentMb.toFixed(0)})`,
    `${connections} connections; in parentheses: by hand`,
  ].join('\n')
}

/** Throws unless both servers return the same. A mutation gets the same input for both. */
async function compareAnswers(operation: Operation, user: BenchUser, servers: readonly MeasuredProcess[]) {
  const repeated = { ...operation, variables: operation.variables && (() => operation.variables?.(user, 0) ?? {}) }
  const responses: unknown[] = []
  for (const { port } of servers) responses.push(JSON.parse(await send(port, repeated, user)))
  if (!isDeepStrictEqual(responses[0], responses[1])) {
    throw new Error(`The responses to ${operation.name} differ: ${JSON.stringify(responses).slice(0, 2_000)}`)
  }
}

async function measureInTurns(
  operation: Operation,
  users: readonly BenchUser[],
  servers: readonly [MeasuredProcess, MeasuredProcess],
): Promise<[Candidate, Candidate]> {
  const candidateOf = (server: MeasuredProcess): Candidate => ({
    server,
    milliseconds: [],
    cpuMicros: 0,
    statements: 0,
  })
  const candidates: [Candidate, Candidate] = [candidateOf(servers[0]), candidateOf(servers[1])]
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) {
      const before = await candidate.server.usage()
      const { milliseconds } = await runRound(candidate.server, operation, users)
      const after = await candidate.server.usage()
      candidate.milliseconds.push(...milliseconds)
      candidate.cpuMicros += after.cpuMicros - before.cpuMicros
      candidate.statements += after.statements - before.statements
    }
  }
  return candidates
}

const runRound = ({ port }: MeasuredProcess, operation: Operation, users: readonly BenchUser[]) =>
  sendRequests({ port, operation, users, requestsEach: operation.isHeavy ? 5 : 25 })

function columnsOf(ours: Candidate, byHand: Candidate): string[] {
  const cpu = ({ cpuMicros, milliseconds }: Candidate) => cpuMicros / milliseconds.length
  const both = (of: (candidate: Candidate) => number, digits: number) =>
    `${of(ours).toFixed(digits)} (${of(byHand).toFixed(digits)})`
  return [
    `${(cpu(ours) / cpu(byHand)).toFixed(1)} ×`,
    both(cpu, 0),
    both(({ milliseconds }) => percentile(milliseconds, 0.5), 1),
    both(({ milliseconds }) => percentile(milliseconds, 0.99), 1),
    both(({ statements, milliseconds }) => statements / milliseconds.length, 1),
  ]
}
