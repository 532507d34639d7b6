import { escapeIdentifier, type Pool } from 'pg'
import { DecryptionFailed, type Encryptor } from './encryptor.ts'

/**
 * A column of encrypted values in a table whose key is `id`, a UUID. The names are constants of the program, never
 * input.
 */
export interface EncryptedColumn {
  readonly table: string
  readonly column: string
  /** The place its values are bound to. */
  readonly place: string
}

/** A value that no configured key decrypts, and why. */
export interface Unreadable {
  readonly id: string
  readonly reason: string
}

/** The result of a batch. */
export interface ReencryptStep {
  readonly reencrypted: number
  readonly current: number
  readonly unreadable: readonly Unreadable[]
}

export interface ReencryptPorts {
  readonly pool: Pool
  readonly encryptor: Encryptor
}

const batchSize = 500
/** Each uses one connection and holds one value, of up to 1 MiB. */
const atOnce = 4
const beforeAll = '00000000-0000-0000-0000-000000000000'

export async function countEncrypted(pool: Pool, { table, column }: EncryptedColumn): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${escapeIdentifier(table)} WHERE ${escapeIdentifier(column)} IS NOT NULL`,
  )
  return rows[0]?.count ?? 0
}

/**
 * Encrypts with the newest key what an older key has encrypted. A value is replaced only if it still is the value that
 * was read, so a concurrent write is never lost. Values of the newest key are skipped by their prefix, so another run
 * continues a run that was stopped.
 */
export async function* reencrypt(
  { pool, encryptor }: ReencryptPorts,
  encrypted: EncryptedColumn,
): AsyncGenerator<ReencryptStep> {
  const [table, column] = [escapeIdentifier(encrypted.table), escapeIdentifier(encrypted.column)]
  const isCurrent = `substring(${column} FROM 1 FOR length($2::bytea)) = $2`
  const page = `
    SELECT id, ${isCurrent} AS "isCurrent" FROM ${table}
    WHERE id > $1 AND ${column} IS NOT NULL ORDER BY id LIMIT ${batchSize}`
  const read = `SELECT ${column} AS value FROM ${table} WHERE id = $1 AND ${column} IS NOT NULL AND NOT ${isCurrent}`
  const replace = `UPDATE ${table} SET ${column} = $3 WHERE id = $1 AND ${column} = $2`

  async function reencryptOne(id: string): Promise<'reencrypted' | 'current' | Unreadable> {
    for (;;) {
      const { rows } = await pool.query<{ value: Buffer }>(read, [id, encryptor.currentPrefix])
      const [row] = rows
      if (!row) return 'current'
      const plain = decryptOrReason(row.value)
      if (typeof plain === 'string') return { id, reason: plain }
      const { rowCount } = await pool.query(replace, [id, row.value, encryptor.encrypt(plain, encrypted.place)])
      if (rowCount === 1) return 'reencrypted'
    }
  }

  function decryptOrReason(value: Buffer): Buffer | string {
    try {
      return encryptor.decrypt(value, encrypted.place)
    } catch (error) {
      if (error instanceof DecryptionFailed) return error.message
      throw error
    }
  }

  for (let last = beforeAll; ; ) {
    const { rows } = await pool.query<{ id: string; isCurrent: boolean }>(page, [last, encryptor.currentPrefix])
    const end = rows.at(-1)
    if (!end) return
    last = end.id
    const old = rows.filter((row) => !row.isCurrent)
    const results: Awaited<ReturnType<typeof reencryptOne>>[] = []
    for (let from = 0; from < old.length; from += atOnce) {
      results.push(...(await Promise.all(old.slice(from, from + atOnce).map(({ id }) => reencryptOne(id)))))
    }
    const reencrypted = results.filter((result) => result === 'reencrypted').length
    const unreadable = results.filter((result) => typeof result === 'object')
    yield { reencrypted, current: rows.length - reencrypted - unreadable.length, unreadable }
  }
}
