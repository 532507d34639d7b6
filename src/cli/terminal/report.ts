import { renderTable } from './table.ts'

/** What a long command did, counted by kind, with the first rows for people to look at. */
export interface Report {
  count(kind: string, by?: number): void
  /** Counted too, under its kind. */
  row(kind: string, cells: readonly (string | number)[]): void
  of(kind: string): number
  print(): void
}

/** Keeps as many rows as are shown; the rest is counted only, however long the command runs. */
export function createReport({ head, mostRows }: { head: readonly string[]; mostRows: number }): Report {
  const counts = new Map<string, number>()
  const rows: (readonly (string | number)[])[] = []
  let left = 0
  const count = (kind: string, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by)
  return {
    count,
    row(kind, cells) {
      count(kind)
      if (rows.length < mostRows) rows.push(cells)
      else left += 1
    },
    of: (kind) => counts.get(kind) ?? 0,
    print() {
      if (rows.length > 0) write(renderTable(head, rows))
      if (left > 0) write(`… and ${left.toLocaleString('en')} more (--rows ${rows.length + left} shows all)`)
      if (counts.size > 0) write(renderTable(['what', 'how many'], [...counts]))
    },
  }
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
