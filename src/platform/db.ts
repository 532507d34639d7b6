import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'
import type { Log } from './log.ts'

declare const open: unique symbol

/** An open transaction. A command that must be atomic takes one and so cannot be called outside. */
export type Tx = Prisma.TransactionClient & { readonly [open]: true }

/** Reads that need no transaction take either. */
export type Reader = Prisma.TransactionClient

export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient<'query'>
  /** The same connections, for statements that Prisma cannot say. */
  readonly pool: Pool
  /** Commits what `work` did, or nothing of it. READ COMMITTED: correctness is in constraints and conditional statements. */
  transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>
}

const connectTimeoutMs = 5_000
const statementTimeoutMs = 10_000

const hintsOf = new WeakMap<object, Set<string>>()

/** Once this transaction has committed, tells subscribers of the topic to read again (see events.ts). */
export function hint(tx: Tx, topic: string): void {
  hintsOf.get(tx)?.add(topic)
}

/** Connects lazily. A used-up pool or a Postgres that is away fails within five seconds instead of hanging. */
export function createDatabase(options: {
  url: string
  poolSize: number
  log: Log
  /** Gets the hints of every transaction that has committed. */
  onHints: (topics: ReadonlySet<string>) => void
}): Database {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  })
  // An idle connection that breaks would end the process without a listener; the pool replaces it by itself.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection broke'))

  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    log: [{ emit: 'event', level: 'query' }],
    transactionOptions: { maxWait: connectTimeoutMs, timeout: statementTimeoutMs },
  })

  return {
    prisma,
    pool,
    async transaction(work) {
      const hints = new Set<string>()
      const result = await prisma.$transaction((tx) => {
        hintsOf.set(tx, hints)
        return work(tx as Tx)
      })
      options.onHints(hints)
      return result
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
