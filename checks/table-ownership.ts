/*
 * `npm run check:tables`: does only the owner of a table write it and read it? (docs/architecture.md, rule 8.)
 *
 * A table belongs to the domain whose schema file declares it: prisma/credits.prisma to src/domains/credits, and
 * prisma/platform.prisma to src/platform. Everybody else calls a function that the owner exports. The exceptions are
 * below; there is none for writing. Tests, src/testing, src/dev and bench may touch any table.
 *
 * Joins in SQL count as reads, and so do relations in the arguments of Prisma. `t.relation` of Pothos does not: the
 * GraphQL type that the rows go to is the owner's. table-uses.ts lists what the check cannot see.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderTable } from '../src/cli/terminal/table.ts'
import { readModels } from './prisma-models.ts'
import { type AllowedRead, findViolations } from './table-violations.ts'

/**
 * Reads of other domains' tables that need one statement with tables of the reader's own: a function of the owner would
 * make two of it, between which the answer may change or the list grow.
 */
const allowedReads: readonly AllowedRead[] = [
  {
    path: 'src/domains/usage/queries/read-counters.ts',
    table: 'users',
    why: 'Joins users.time_zone to the counters of a page of users: one statement for each page.',
  },
  {
    path: 'src/domains/billing/checkouts/attempt-checkout.ts',
    table: 'users',
    why: 'One conditional UPDATE claims an attempt, only while users.is_present.',
  },
  {
    path: 'src/domains/billing/events/lock-purchases.ts',
    table: 'users',
    why: "A recursive query follows RevenueCat's names through users.id and users.clerk_id.",
  },
  {
    path: 'src/domains/billing/events/resolve-customer.ts',
    table: 'users',
    why: "Resolves a list of RevenueCat's names by users.id and users.clerk_id, joined with billing_names.",
  },
  {
    path: 'src/domains/billing/subscriptions/request-refresh.ts',
    table: 'users',
    why: 'One INSERT … SELECT marks customers whose users.is_present.',
  },
  {
    path: 'src/domains/billing/subscriptions/graphql/plan-subscription.ts',
    table: 'users',
    why: "Follows foreign keys through users to billing's own billing_customers; reads no column of users.",
  },
  {
    path: 'src/domains/activities/commands/sweep-awaiting.ts',
    table: 'uploads',
    why: 'One statement removes activities by the status and age of their uploads.',
  },
  {
    path: 'src/domains/activities/upload-kind.ts',
    table: 'uploads',
    why: 'One conditional UPDATE attaches a file, only where the upload before it has ended without one.',
  },
  {
    path: 'src/domains/privacy/commands/resume-erasures.ts',
    table: 'users',
    why: 'Finds users whose standing is DELETING and who have no job: an anti-join with the jobs.',
  },
]

const project = fileURLToPath(new URL('..', import.meta.url))
const models = readModels()
const paths = globSync('src/**/*.ts', { cwd: project }).filter(
  (path) => !/[.]test[.]ts$|^src\/(?:generated|testing|dev)\//.test(path),
)
const files = paths.sort().map((path) => ({ path, text: readFileSync(`${project}/${path}`, 'utf8') }))

const homeless = [...models.values()].filter(
  ({ owner }) => owner !== 'platform' && !existsSync(`${project}/src/domains/${owner}`),
)
for (const { name, owner } of homeless) {
  console.error(`prisma/${owner}.prisma declares ${name}, but there is no src/domains/${owner}.`)
}
const { violations, unused } = findViolations(files, models, allowedReads)
for (const { path, table } of unused) {
  console.error(`${path} does not read ${table} any more. Remove its exception from checks/table-ownership.ts.`)
}
if (violations.length > 0) {
  const rows = violations.map(({ place, kind, table, owner }): [string, string, string, string] => [
    place,
    kind,
    table,
    owner,
  ])
  console.error(renderTable(['place', 'what', 'table', 'owner'], rows))
  console.error(
    "Let the owner's index.ts export a function that does it, and call that. For a read that must be one statement with\n" +
      'tables of its own, add an exception with its reason to checks/table-ownership.ts.',
  )
}
if (homeless.length + unused.length + violations.length > 0) process.exitCode = 1
else
  console.log(
    `Each of the ${models.size} tables is read and written by its owner only (${allowedReads.length} exceptions).`,
  )
