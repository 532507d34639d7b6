/** A plan takes some 20 KB on each connection; the server's own operations have about 150 statements. */
const maxNames = 300

/**
 * Names for prepared statements: Postgres parses and plans a named statement once per connection. Lists of different
 * lengths make many texts, so after the first few hundred the name is '' (an unnamed statement). Statements must name
 * their columns: with `*`, a column that a migration adds would fail them until they reconnect.
 */
export function statementNames(): (statement: { readonly sql: string; readonly args: readonly unknown[] }) => string {
  const names = new Map<string, string>()
  return ({ sql, args }) => {
    // A statement without values uses the simple protocol, which cannot prepare it.
    if (args.length === 0) return ''
    const known = names.get(sql)
    if (known !== undefined || names.size >= maxNames) return known ?? ''
    const name = `pacer_${names.size}`
    names.set(sql, name)
    return name
  }
}
