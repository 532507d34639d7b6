import type { Model } from './prisma-models.ts'
import { usesOfTables } from './table-uses.ts'

/** A file that reads a table of another domain, and why it may. */
export interface AllowedRead {
  readonly path: string
  readonly table: string
  readonly why: string
}

export interface Violation {
  /** `src/domains/billing/personal-data.ts:47` */
  readonly place: string
  readonly kind: 'reads' | 'writes'
  readonly table: string
  readonly owner: string
}

interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Uses of tables by others than their owners, and the exceptions that no use needs. */
export function findViolations(
  files: readonly SourceFile[],
  models: ReadonlyMap<string, Model>,
  allowed: readonly AllowedRead[],
): { violations: Violation[]; unused: AllowedRead[] } {
  const owners = new Map([...models.values()].map(({ table, owner }) => [table, owner]))
  const used = new Set<AllowedRead>()
  const violations = files.flatMap(({ path, text }) =>
    usesOfTables(path, text, models).flatMap(({ table, kind, line }) => {
      const owner = owners.get(table) ?? ''
      if (folderOf(path) === owner) return []
      const exception = allowed.find((read) => read.path === path && read.table === table)
      if (exception && kind === 'reads') {
        used.add(exception)
        return []
      }
      return { place: `${path}:${line}`, kind, table, owner }
    }),
  )
  return { violations, unused: allowed.filter((read) => !used.has(read)) }
}

/** The domain, or the folder of src. */
function folderOf(path: string): string {
  return /^src\/(?:domains\/)?([^/]+)\//.exec(path)?.[1] ?? ''
}
