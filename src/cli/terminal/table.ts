import Table from 'cli-table3'

/**
 * Renders rows as a table.
 *
 * @param widths widths of columns whose words are wrapped; null is as wide as the widest cell.
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
