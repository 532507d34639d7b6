/** A plan takes Postgres some 20 KB on each connection; the server's own operations have about 150 statements. */
const most = 300

/**
 * Names for statements: Postgres parses and plans a named one once a connection, and then only takes its values. Lists
 * of many lengths make many texts, so what comes after the first few hundred has none ('', which is an unnamed one).
 * Statements must name their columns: with `*` a column that a migration adds would fail them until they reconnect.
 */
export function statementNames(): (statement: { readonly sql: string; readonly args: readonly unknown[] }) => string {
  const names = new Map<string, string>()
  return ({ sql, args }) => {
    // BEGIN and its like go by the simple protocol, which has nothing to remember.
    if (args.length === 0) return ''
    const known = names.get(sql)
    if (known !== undefined || names.size >= most) return known ?? ''
    const name = `pacer_${names.size}`
    names.set(sql, name)
    return name
  }
}
