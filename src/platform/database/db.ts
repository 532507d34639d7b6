import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts'
import type { Log } from '../watching/log.ts'
import { ImpatientClient, noticesSilence } from './silent-connections.ts'
import { statementNames } from './statement-names.ts'

declare const open: unique symbol

/** An open transaction. A command that must be atomic takes one and so cannot be called outside. */
export type Tx = Prisma.TransactionClient & { readonly [open]: true }

/** Reads that need no transaction take either. */
export type Reader = Prisma.TransactionClient

export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient<'query'>
  /** The same connections, for statements that Prisma cannot say. */
  readonly pool: Pool
  /** The rows of one statement, for what every request asks: Prisma takes 190 µs more. `columnsOf` names its columns. */
  query<Row>(sql: string, values: readonly unknown[]): Promise<Row[]>
  /** Hears of every statement of `prisma` and `query`; its duration is in milliseconds. */
  onStatement(listener: (statement: Statement) => void): void
  /** Commits what `work` did, or nothing of it. READ COMMITTED: correctness is in constraints and conditional statements. */
  transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>
}

export interface Statement {
  readonly query: string
  readonly duration: number
}

const connectTimeoutMs = 4_500
const statementTimeoutMs = 5_000
/** The server gives up first: then the connection is whole, and a transaction can be rolled back over it. */
const serverTimeoutMs = 4_500
/** A process that is paused in a transaction gives its locks back. */
const idleInTransactionMs = 15_000
const transactionMs = 10_000

const hintsOf = new WeakMap<object, Set<string>>()

/** Once this transaction has committed, tells subscribers of the topic to read again (see events.ts). */
export function hint(tx: Tx, topic: string): void {
  hintsOf.get(tx)?.add(topic)
}

/** The columns of one of Prisma's models, as it names its fields, for statements that it does not write. */
export function columnsOf(fields: Readonly<Record<string, string>>): string {
  const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return Object.values(fields)
    .map((field) => `"${columnOf(field)}" AS "${field}"`)
    .join(', ')
}

/** Connects lazily. A used-up pool or a Postgres that is away fails within five seconds instead of hanging. */
export function createDatabase(options: {
  url: string
  /** Whether a pooler in transaction mode stands before the database: it knows no settings of a session. */
  isPooled: boolean
  poolSize: number
  /** How Postgres shows its connections. */
  name?: string | undefined
  log: Log
  /** Gets the hints of every transaction that has committed. */
  onHints: (topics: ReadonlySet<string>) => void
}): Database {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.name ?? 'pacer',
    Client: ImpatientClient,
    ...noticesSilence,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs,
    // A pooler refuses these at the start of a session; its login has them by ALTER ROLE (docs/operations.md).
    ...(options.isPooled
      ? {}
      : { statement_timeout: serverTimeoutMs, idle_in_transaction_session_timeout: idleInTransactionMs }),
    idleTimeoutMillis: 30_000,
  })
  // An idle connection that breaks would end the process without a listener; the pool replaces it by itself.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection broke'))

  // A pooler in transaction mode gives each transaction another connection, which knows none of the names.
  const nameOf = options.isPooled ? () => '' : statementNames()
  const listeners = new Set<(statement: Statement) => void>()
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool, { statementNameGenerator: nameOf }),
    log: [{ emit: 'event', level: 'query' }],
    transactionOptions: { maxWait: connectTimeoutMs, timeout: transactionMs },
  })

  return {
    prisma,
    pool,
    async query<Row>(sql: string, values: readonly unknown[]) {
      const began = performance.now()
      const name = nameOf({ sql, args: values })
      const { rows } = await pool.query({ name, text: sql, values: [...values] })
      for (const listener of listeners) listener({ query: sql, duration: performance.now() - began })
      return rows as Row[]
    },
    onStatement(listener) {
      listeners.add(listener)
      prisma.$on('query', listener)
    },
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
