import { Prisma } from '../../../generated/prisma/client.ts'
import type { CreditTransactionKind } from '../../../generated/prisma/enums.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { IdempotencyConflict, InvalidInput } from '../../../platform/errors.ts'
import { creditMessages } from '../messages.ts'
import { walletTopic } from '../topic.ts'

/** The transaction that a command wrote, now or earlier with the same key. */
export interface Posted {
  readonly id: string
  readonly userId: string
  readonly kind: CreditTransactionKind
  /** The change to the balance. */
  readonly amount: number
  readonly balanceAfter: number
  /** The id of its personal text; null where it has only a description. */
  readonly textId: string | null
}

const columns = Prisma.sql`
  id, user_id AS "userId", kind, amount, balance_after AS "balanceAfter", text_id AS "textId"`

/**
 * Runs one of the ledger's SQL functions in one round trip. The function locks the wallet and then reads the state that
 * the previous command committed. (A single statement that waits for the lock reads other rows from its older snapshot: in
 * a trial 30 of 200 spends over 50 lots failed.) `errors` maps the function's error codes to typed errors.
 */
export async function post(tx: Tx, call: Prisma.Sql, errors: LedgerErrors = {}): Promise<Posted> {
  const [row] = await runLedgerSql<Posted>(tx, Prisma.sql`SELECT ${columns} FROM ${call}`, errors)
  if (!row) throw new Error('The ledger function returned no row.')
  notify(tx, walletTopic(row.userId))
  return row
}

/** The typed error for each error code of a SQL function; `detail` is the function's. */
export type LedgerErrors = Readonly<Record<string, (detail: string) => Error>>

export async function runLedgerSql<Row>(tx: Tx, sql: Prisma.Sql, errors: LedgerErrors): Promise<Row[]> {
  try {
    return await tx.$queryRaw<Row[]>(sql)
  } catch (error) {
    const { code, detail } = causeOf(error)
    throw { ...common, ...errors }[code]?.(detail) ?? error
  }
}

/** The codes of every command: the key was used with another input; the balance would exceed its type. */
const common: LedgerErrors = {
  PC002: () => new IdempotencyConflict(),
  '22003': () => InvalidInput.of('amount', creditMessages.balanceTooLarge()),
}

/** The Postgres error code and detail of a failed raw query. */
function causeOf(error: unknown): { code: string; detail: string } {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return { code: '', detail: '' }
  const { cause } = (error.meta?.driverAdapterError ?? {}) as { cause?: { originalCode?: string; detail?: string } }
  return { code: cause?.originalCode ?? '', detail: cause?.detail ?? '' }
}
