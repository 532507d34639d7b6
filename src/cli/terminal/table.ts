import Table from 'cli-table3'

/**
 * Rows as a table, for people; borders only where they help to read.
 *
 * @param widths of columns whose words are wrapped; null is as wide as its widest cell.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  widths: readonly (number | null)[] = [],
): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    ...(widths.length > 0 ? { colWidths: [...widths], wordWrap: true } : {}),
  })
  for (const row of rows) table.push([...row])
  return table.toString()
}
