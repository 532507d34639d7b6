import type { Reader } from '../platform/database/db.ts'

type Align = 'left' | 'right'
type Column<Row> = readonly [head: string, align: Align, cell: (row: Row) => string | number]

/**
 * The ledger of a wallet as text: transactions, lots with the remaining amount and the expiry, and debts if there are
 * any. Dates are in UTC.
 */
export async function ledgerTable(db: Reader, userId: string): Promise<string> {
  const transactions = await db.creditTransaction.findMany({ where: { userId }, orderBy: { sequence: 'asc' } })
  const lots = await db.$queryRaw<{ granted: number; left: number; expires: string }[]>`
    SELECT granted, remaining AS left, CASE WHEN expires_at = 'infinity' THEN 'never'
      ELSE to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS expires
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
      ['expires', 'left', ({ expires }) => expires],
    ]),
    render(debts, [
      ['owed', 'right', ({ owed }) => owed],
      ['settled', 'right', ({ settled }) => settled],
    ]),
  ]
  return tables.filter((table) => table !== '').join('\n\n')
}

/** The lines of a template literal without their common indentation, and without its first and last line. */
export function unindented([text = '']: TemplateStringsArray): string {
  const lines = text.split('\n').slice(1, -1)
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const depth = Math.min(...depths)
  return lines.map((line) => line.slice(depth)).join('\n')
}

/** Renders rows as aligned text columns. */
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
