import Table from 'cli-table3'

/** Rows as a table, for people; borders only where they help to read. */
export function renderTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } })
  for (const row of rows) table.push([...row])
  return table.toString()
}
