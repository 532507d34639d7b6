import { renderTable } from '../src/cli/terminal/table.ts'
import { ask } from './front-load.ts'
import { type Operation, operations } from './front-operations.ts'
import { growPeople, type Person } from './front-people.ts'
import { setStage } from './front-stage.ts'
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
  readonly people: readonly Person[]
  readonly isGrown: boolean
}

/** The same asked by people with 30 activities and transactions and by people with 2,000 activities, uploads and transactions more. */
export async function growth(): Promise<string> {
  await using stage = await setStage()
  const { people, admin, ours } = stage
  const groups: readonly Group[] = [
    { people: people.slice(1, 24), isGrown: false },
    { people: people.slice(-23), isGrown: true },
  ]
  for (const { people: owners, isGrown } of groups) {
    const rows = isGrown ? { activities: more, transactions: 30 + more } : { activities: 0, transactions: 30 }
    await growPeople(stage.ownerUrl, owners, rows)
  }
  const table: string[][] = []
  for (const operation of [...operations, ...lists]) {
    const contestants = groups.map((group) => ({ ...entry(operation, group, admin), times: [] as number[] }))
    for (let round = -10; round < rounds; round += 1) {
      for (const { asked, asker, times } of contestants) {
        const { milliseconds } = await ask({ port: ours.port, operation: asked, people: [asker(round)], requestsEach })
        if (round >= 0) times.push(...milliseconds)
      }
    }
    const [small = Number.NaN, large = Number.NaN] = contestants.map(({ times }) => percentile(times, 0.5))
    table.push([operation.name, small.toFixed(1), large.toFixed(1), `${(large / small).toFixed(2)} ×`])
  }
  return renderTable(['operation', 'ms, p50', `with ${more.toLocaleString('en')} more`, 'ratio'], table)
}

/** An admin reads the newest people, who have grown, or the oldest. */
function entry(operation: Operation, { people, isGrown }: Group, admin: Person) {
  if (!operation.byAdmin) {
    return { asked: operation, asker: (round: number) => people.at(round % people.length) as Person }
  }
  const query = isGrown ? operation.query : operation.query.replace('users(first: 20)', 'users(last: 20)')
  return { asked: { ...operation, query }, asker: () => admin }
}
