import { renderTable } from '../src/cli/terminal/table.ts'
import { openFrontEnvironment } from './front-environment.ts'
import { sendRequests } from './front-load.ts'
import { type Operation, operations } from './front-operations.ts'
import { addRowsFor, type BenchUser } from './front-users.ts'
import { percentile } from './percentile.ts'

const more = 2_000
const rounds = 40
const requestsEach = 5

const lists: readonly Operation[] = [
  {
    name: 'transactions, 20',
    query: '{ me { creditTransactions(first: 20) { edges { node { id kind amount balanceAfter } } } } }',
  },
  { name: 'uploads, 20', query: '{ me { uploads(first: 20) { edges { node { id filename byteSize status } } } } }' },
  { name: 'credits and usage', query: '{ me { creditBalance usage { meter used limit } } }' },
  { name: 'activities, counted', query: '{ me { activities(first: 20) { totalCount edges { node { id } } } } }' },
  { name: 'summaries, 12 months', query: '{ me { activitySummaries(period: MONTH) { startsOn count } } }' },
]

interface Group {
  readonly users: readonly BenchUser[]
  readonly isGrown: boolean
}

/**
 * Compares the same operations for users with 30 activities and transactions and for users with 2,000 activities, uploads
 * and transactions more.
 */
export async function growth(): Promise<string> {
  await using environment = await openFrontEnvironment()
  const { users, admin, ours } = environment
  const groups: readonly Group[] = [
    { users: users.slice(1, 24), isGrown: false },
    { users: users.slice(-23), isGrown: true },
  ]
  for (const { users: owners, isGrown } of groups) {
    const rows = isGrown ? { activities: more, transactions: 30 + more } : { activities: 0, transactions: 30 }
    await addRowsFor(environment.ownerUrl, owners, rows)
  }
  const table: string[][] = []
  for (const operation of [...operations, ...lists]) {
    const candidates = groups.map((group) => ({ ...entry(operation, group, admin), times: [] as number[] }))
    for (let round = -10; round < rounds; round += 1) {
      for (const { operation: sent, requester, times } of candidates) {
        const { milliseconds } = await sendRequests({
          port: ours.port,
          operation: sent,
          users: [requester(round)],
          requestsEach,
        })
        if (round >= 0) times.push(...milliseconds)
      }
    }
    const [small = Number.NaN, large = Number.NaN] = candidates.map(({ times }) => percentile(times, 0.5))
    table.push([operation.name, small.toFixed(1), large.toFixed(1), `${(large / small).toFixed(2)} ×`])
  }
  return renderTable(['operation', 'ms, p50', `with ${more.toLocaleString('en')} more`, 'ratio'], table)
}

/** For admin operations, the admin reads the newest users, which have more rows, or the oldest. */
function entry(operation: Operation, { users, isGrown }: Group, admin: BenchUser) {
  if (!operation.byAdmin) {
    return { operation, requester: (round: number) => users.at(round % users.length) as BenchUser }
  }
  const query = isGrown ? operation.query : operation.query.replace('users(first: 20)', 'users(last: 20)')
  return { operation: { ...operation, query }, requester: () => admin }
}
