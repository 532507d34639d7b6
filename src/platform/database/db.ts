import { PrismaPg } from '@prisma/adapter-pg'
import { Pool } from 'pg'
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts'
import type { Log } from '../observability/log.ts'
import { sessionOptions } from './session-options.ts'
import { statementNames } from './statement-names.ts'
import { keepAliveOptions, TimeoutClient } from './timeout-client.ts'

declare const open: unique symbol

/** An open transaction. A command that must be atomic takes one, so it cannot be called outside a transaction. */
export type Tx = Prisma.TransactionClient & { readonly [open]: true }

/** The parameter type of reads that work inside and outside a transaction. */
export type Reader = Prisma.TransactionClient

export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient<'query'>
  /** The same connections, for statements that Prisma cannot express. */
  readonly pool: Pool
  /**
   * Returns the rows of one statement. For reads on every request: Prisma takes 190 µs more. `columnsOf` maps the
   * column names.
   */
  query<Row>(sql: string, values: readonly unknown[]): Promise<Row[]>
  /** Calls the listener after every statement of `prisma` and `query`; the duration is in milliseconds. */
  onStatement(listener: (statement: Statement) => void): void
  /**
   * Runs `work` in one transaction: commits all of it or nothing. READ COMMITTED: correctness comes from constraints
   * and conditional statements.
   */
  transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>
}

export interface Statement {
  readonly query: string
  readonly duration: number
}

const connectTimeoutMs = 4_500
const statementTimeoutMs = 5_000
/**
 * The server times out before the client: the connection stays usable, and the transaction can be rolled back over it.
 */
const serverTimeoutMs = 4_500
/** Releases the locks of a process that is paused within a transaction. */
const idleInTransactionMs = 15_000
const transactionMs = 10_000

const topicsOf = new WeakMap<object, Set<string>>()

/**
 * After this transaction commits, notifies subscribers of the topic that the row changed (see platform/notifications).
 */
export function notify(tx: Tx, topic: string): void {
  topicsOf.get(tx)?.add(topic)
}

/** A SELECT list with the columns of a Prisma model under its field names, for raw statements. */
export function columnsOf(fields: Readonly<Record<string, string>>): string {
  const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return Object.values(fields)
    .map((field) => `"${columnOf(field)}" AS "${field}"`)
    .join(', ')
}

/** Connects lazily. If the pool is exhausted or Postgres is unavailable, a statement fails within five seconds. */
export function createDatabase(options: {
  url: string
  /** Whether connections go through a pooler in transaction mode, which supports no session settings. */
  isPooled: boolean
  poolSize: number
  /** The application_name of its connections. */
  name?: string | undefined
  log: Log
  /** Receives the topics of every committed transaction. */
  onNotify: (topics: ReadonlySet<string>) => void
}): Database {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.name ?? 'pacer',
    Client: TimeoutClient,
    ...keepAliveOptions,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs,
    // A pooler refuses these startup parameters; set them for its login by ALTER ROLE (docs/operations.md).
    ...(options.isPooled
      ? {}
      : {
          options: sessionOptions,
          statement_timeout: serverTimeoutMs,
          idle_in_transaction_session_timeout: idleInTransactionMs,
        }),
    idleTimeoutMillis: 30_000,
  })
  // Without a listener, an error of an idle connection would end the process. The pool replaces the connection by
  // itself.
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection broke'))

  // A pooler in transaction mode may run each transaction on another connection, where the prepared statement does not
  // exist.
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
      const topics = new Set<string>()
      const result = await prisma.$transaction((tx) => {
        topicsOf.set(tx, topics)
        return work(tx as Tx)
      })
      options.onNotify(topics)
      return result
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
