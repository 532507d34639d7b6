import type { Reader } from '../platform/database/db.ts'

type Align = 'left' | 'right'
type Column<Row> = readonly [head: string, align: Align, cell: (row: Row) => string | number]

/**
 * A wallet's ledger as a text that people read: what happened, the lots (with what is left, until when), and debts where
 * there are any. Days are of UTC.
 */
export async function ledgerTable(db: Reader, userId: string): Promise<string> {
  const transactions = await db.creditTransaction.findMany({ where: { userId }, orderBy: { sequence: 'asc' } })
  const lots = await db.$queryRaw<{ granted: number; left: number; lapses: string }[]>`
    SELECT granted, remaining AS left, CASE WHEN expires_at = 'infinity' THEN 'never'
      ELSE to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS lapses
    FROM credit_lots WHERE user_id = ${userId}::uuid ORDER BY created_at, id`
  const debts = await db.creditDebt.findMany({ where: { userId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })
  const tables = [
    render(transactions, [
      ['date', 'left', ({ createdAt }) => createdAt.toISOString().slice(0, 10)],
      ['kind', 'left', ({ kind }) => kind],
      ['amount', 'right', ({ amount }) => (amount > 0 ? `+${amount}` : amount)],
      ['balance', 'right', ({ balanceAfter }) => balanceAfter],
      ['description', 'left', ({ description }) => description],
    ]),
    render(lots, [
      ['granted', 'right', ({ granted }) => granted],
      ['left', 'right', ({ left }) => left],
      ['lapses', 'left', ({ lapses }) => lapses],
    ]),
    render(debts, [
      ['owed', 'right', ({ owed }) => owed],
      ['settled', 'right', ({ settled }) => settled],
    ]),
  ]
  return tables.filter((table) => table !== '').join('\n\n')
}

/** Text as a test writes it, in lines of their own, without the indentation that all of them share. */
export function unindented([text = '']: TemplateStringsArray): string {
  const lines = text.split('\n').slice(1, -1)
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const depth = Math.min(...depths)
  return lines.map((line) => line.slice(depth)).join('\n')
}

/** Rows as a text in columns. */
export function render<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return ''
  const aligned = columns.map(([head, align, cell]) => {
    const cells = [head, ...rows.map((row) => String(cell(row)))]
    const width = Math.max(...cells.map(({ length }) => length))
    return cells.map((text) => (align === 'left' ? text.padEnd(width) : text.padStart(width)))
  })
  return [-1, ...rows.keys()].map((row) => lineOf(aligned, row + 1)).join('\n')
}

function lineOf(aligned: readonly (readonly string[])[], row: number): string {
  return aligned
    .map((cells) => cells[row])
    .join('  ')
    .trimEnd()
}
