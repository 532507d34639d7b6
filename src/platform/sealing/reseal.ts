import { escapeIdentifier, type Pool } from 'pg'
import { SealBroken, type Sealer } from './sealing.ts'

/** A column of sealed values in a table whose key is `id`, a UUID. The names are ours, never input. */
export interface SealedColumn {
  readonly table: string
  readonly column: string
  /** What its values are bound to. */
  readonly place: string
}

/** A value that none of the configured keys opens, and why. */
export interface Unreadable {
  readonly id: string
  readonly reason: string
}

/** What became of a batch of values. */
export interface ResealStep {
  readonly resealed: number
  readonly current: number
  readonly unreadable: readonly Unreadable[]
}

export interface ResealPorts {
  readonly pool: Pool
  readonly sealer: Sealer
}

const batchSize = 500
/** Each holds one value, of up to 1 MiB, and one connection. */
const atOnce = 4
const beforeAll = '00000000-0000-0000-0000-000000000000'

export async function countSealed(pool: Pool, { table, column }: SealedColumn): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${escapeIdentifier(table)} WHERE ${escapeIdentifier(column)} IS NOT NULL`,
  )
  return rows[0]?.count ?? 0
}

/**
 * Seals with the newest key what an older one has sealed. A value is replaced only while it is the one that was read, so
 * whoever writes meanwhile wins. What the newest key has sealed is passed over by its first bytes: a run that was stopped
 * is gone on with by another one.
 */
export async function* reseal({ pool, sealer }: ResealPorts, sealed: SealedColumn): AsyncGenerator<ResealStep> {
  const [table, column] = [escapeIdentifier(sealed.table), escapeIdentifier(sealed.column)]
  const isCurrent = `substring(${column} FROM 1 FOR length($2::bytea)) = $2`
  const page = `
    SELECT id, ${isCurrent} AS "isCurrent" FROM ${table}
    WHERE id > $1 AND ${column} IS NOT NULL ORDER BY id LIMIT ${batchSize}`
  const read = `SELECT ${column} AS value FROM ${table} WHERE id = $1 AND ${column} IS NOT NULL AND NOT ${isCurrent}`
  const replace = `UPDATE ${table} SET ${column} = $3 WHERE id = $1 AND ${column} = $2`

  async function resealOne(id: string): Promise<'resealed' | 'current' | Unreadable> {
    for (;;) {
      const { rows } = await pool.query<{ value: Buffer }>(read, [id, sealer.currentPrefix])
      const [row] = rows
      if (!row) return 'current'
      const plain = open(row.value)
      if (typeof plain === 'string') return { id, reason: plain }
      const { rowCount } = await pool.query(replace, [id, row.value, sealer.seal(plain, sealed.place)])
      if (rowCount === 1) return 'resealed'
    }
  }

  function open(value: Buffer): Buffer | string {
    try {
      return sealer.open(value, sealed.place)
    } catch (error) {
      if (error instanceof SealBroken) return error.message
      throw error
    }
  }

  for (let last = beforeAll; ; ) {
    const { rows } = await pool.query<{ id: string; isCurrent: boolean }>(page, [last, sealer.currentPrefix])
    const end = rows.at(-1)
    if (!end) return
    last = end.id
    const old = rows.filter((row) => !row.isCurrent)
    const results: Awaited<ReturnType<typeof resealOne>>[] = []
    for (let from = 0; from < old.length; from += atOnce) {
      results.push(...(await Promise.all(old.slice(from, from + atOnce).map(({ id }) => resealOne(id)))))
    }
    const resealed = results.filter((result) => result === 'resealed').length
    const unreadable = results.filter((result) => typeof result === 'object')
    yield { resealed, current: rows.length - resealed - unreadable.length, unreadable }
  }
}
