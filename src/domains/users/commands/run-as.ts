import type { UserStanding } from '../../../generated/prisma/enums.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { Unauthenticated } from '../errors.ts'
import { mayAct } from '../may-act.ts'

/** The signed-in user of a request, as commands see it. */
export interface Viewer {
  readonly id: string
}

export interface RunAsParts {
  readonly db: Database
}

/**
 * Runs a command that changes a user's data: opens a transaction, locks the user's row and checks that the user may
 * still act. A deletion therefore waits for the changes that have started, and no change follows it. The changes of one
 * user run one after the other, so those that write the user's row cannot deadlock. Costs one statement more than a plain
 * transaction. Throws Unauthenticated for a user who was banned or deleted since the request began.
 */
export function runAs<Result>({ db }: RunAsParts, { id }: Viewer, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return db.transaction(async (tx) => {
    const [user] = await tx.$queryRaw<Standing[]>`
      SELECT standing FROM users WHERE id = ${id}::uuid FOR NO KEY UPDATE`
    assertMayAct(user)
    return work(tx)
  })
}

interface Standing {
  readonly standing: UserStanding
}

function assertMayAct(user: Standing | null | undefined): void {
  if (!user || !mayAct(user)) throw new Unauthenticated('invalid')
}

/** Throws Unauthenticated for a user who may no longer act. For commands of a single statement. */
export async function checkMayAct({ db }: RunAsParts, { id }: Viewer): Promise<void> {
  const user = await db.prisma.user.findUnique({ where: { id }, select: { standing: true } })
  assertMayAct(user)
}

/**
 * The same lock and check as the start of a single statement, which takes half the time of a transaction: `locked_user`
 * has no row for a user who may not act. $1 is the user's id.
 */
export const withLockedUser = `WITH locked_user AS (
  SELECT id AS locked_user_id FROM users
  WHERE id = $1 AND standing IN ('ACTIVE', 'LOCKED')
  FOR NO KEY UPDATE)`
