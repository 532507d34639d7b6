import { renderTable } from './table.ts'

/** The result of a long command: counts by kind, and the first rows. */
export interface Report {
  count(kind: string, by?: number): void
  /** Adds a row and counts it under its kind. */
  row(kind: string, cells: readonly (string | number)[]): void
  of(kind: string): number
  print(): void
}

/** Keeps only the rows that are printed, so that memory stays bounded. */
export function createReport({ head, maxRows }: { head: readonly string[]; maxRows: number }): Report {
  const counts = new Map<string, number>()
  const rows: (readonly (string | number)[])[] = []
  let left = 0
  const count = (kind: string, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by)
  return {
    count,
    row(kind, cells) {
      count(kind)
      if (rows.length < maxRows) rows.push(cells)
      else left += 1
    },
    of: (kind) => counts.get(kind) ?? 0,
    print() {
      if (rows.length > 0) write(renderTable(head, rows))
      if (left > 0) write(`… and ${left.toLocaleString('en')} more (--rows ${rows.length + left} shows all)`)
      if (counts.size > 0) write(renderTable(['result', 'count'], [...counts]))
    },
  }
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
