import { Prisma } from '../../generated/prisma/client.ts'
import type { CreditTransactionKind } from '../../generated/prisma/enums.ts'
import { hint, type Tx } from '../../platform/database/db.ts'
import { IdempotencyConflict, InvalidInput } from '../../platform/errors.ts'
import { walletTopic } from './topic.ts'

/** What a command wrote, or had written before under the same key. */
export interface Posted {
  readonly id: string
  readonly userId: string
  readonly kind: CreditTransactionKind
  /** What it did to the balance. */
  readonly amount: number
  readonly balanceAfter: number
}

const columns = Prisma.sql`id, user_id AS "userId", kind, amount, balance_after AS "balanceAfter"`

/**
 * Runs one of the ledger's SQL functions: one round trip, that locks the wallet first and then reads what the last
 * command left. (A single statement that waits for the lock goes on reading other rows from its old snapshot: of 200
 * spends over 50 lots 30 failed when that was tried.) `refusals` turn the function's own codes into typed errors.
 */
export async function post(tx: Tx, call: Prisma.Sql, refusals: Refusals = {}): Promise<Posted> {
  const [row] = await runLedgerSql<Posted>(tx, Prisma.sql`SELECT ${columns} FROM ${call}`, refusals)
  if (!row) throw new Error('The ledger answered nothing.')
  hint(tx, walletTopic(row.userId))
  return row
}

/** What a refusal of the ledger means to the command that ran into it; the detail is the function's. */
export type Refusals = Readonly<Record<string, (detail: string) => Error>>

export async function runLedgerSql<Row>(tx: Tx, sql: Prisma.Sql, refusals: Refusals): Promise<Row[]> {
  try {
    return await tx.$queryRaw<Row[]>(sql)
  } catch (error) {
    const { code, detail } = causeOf(error)
    throw { ...common, ...refusals }[code]?.(detail) ?? error
  }
}

/** Of every command: another effect under the key; a balance beyond what a wallet holds. */
const common: Refusals = {
  PC002: () => new IdempotencyConflict(),
  '22003': () => InvalidInput.at(['input', 'amount'], 'A wallet holds up to 2,147,483,647 credits.'),
}

/** The server's own code and detail in an error of a raw query. */
function causeOf(error: unknown): { code: string; detail: string } {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return { code: '', detail: '' }
  const { cause } = (error.meta?.driverAdapterError ?? {}) as { cause?: { originalCode?: string; detail?: string } }
  return { code: cause?.originalCode ?? '', detail: cause?.detail ?? '' }
}
