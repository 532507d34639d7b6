export interface TableUse {
  readonly table: string
  readonly kind: 'reads' | 'writes'
}

/** Comments and strings, which name no table; quoted and plain identifiers; punctuation. */
const token = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"([A-Za-z_]\w*)"|([A-Za-z_]\w*)|([^\s])/g

/** Words after which a table follows. Upper case only, so that English prose does not match. */
const beforeTable = new Set(['FROM', 'JOIN', 'INTO', 'UPDATE', 'TRUNCATE', 'USING', 'TABLE', 'ONLY'])

/** Words that end the list of tables that a FROM begins. */
const afterTables = /^(?:WHERE|GROUP|ORDER|LIMIT|SET|VALUES|SELECT|RETURNING|HAVING|WINDOW|UNION|FOR)$/

/**
 * The tables that SQL, or a part of it, reads and writes. A tokenizer, not a parser: it looks at what follows FROM, JOIN,
 * INTO, UPDATE, USING and TRUNCATE, and at the commas of a FROM. Names of CTEs are no tables.
 */
export function tablesOfSql(sql: string, tables: ReadonlySet<string>): TableUse[] {
  const words = [...sql.matchAll(token)].flatMap(([, quoted, plain, other]) => quoted ?? plain ?? other ?? [])
  const ctes = new Set(words.filter((_, at) => /^AS$/i.test(words[at + 1] ?? '') && isOpening(words, at + 2)))
  const uses: TableUse[] = []
  /** For each open parenthesis, whether a comma there separates tables. */
  const isList = [false]
  for (const [at, word] of words.entries()) {
    if (word === '(') isList.push(false)
    if (word === ')') isList.pop()
    const isNextOfList = word === ',' && isList.at(-1)
    if (word === 'FROM' || afterTables.test(word)) isList[isList.length - 1] = word === 'FROM'
    if (!isNextOfList && !(beforeTable.has(word) && !isLock(words, at))) continue
    const next = words[at + 1] === 'LATERAL' || words[at + 1] === 'ONLY' ? at + 2 : at + 1
    const table = words[words[next + 1] === '.' ? next + 2 : next]
    if (table === undefined || !tables.has(table) || ctes.has(table)) continue
    const writes = word === 'INTO' || word === 'UPDATE' || word === 'TRUNCATE' || words[at - 1] === 'DELETE'
    uses.push({ table, kind: writes ? 'writes' : 'reads' })
  }
  return uses
}

/** `WITH name AS (`, `WITH name AS MATERIALIZED (`. */
function isOpening(words: readonly string[], at: number): boolean {
  const after = words[at] === 'NOT' ? at + 2 : words[at] === 'MATERIALIZED' ? at + 1 : at
  return words[after] === '('
}

/** `FOR UPDATE`, `FOR NO KEY UPDATE` and `DO UPDATE SET` name no table; nor does `IS DISTINCT FROM`. */
function isLock(words: readonly string[], at: number): boolean {
  return /^(?:FOR|KEY|DO|DISTINCT)$/.test(words[at - 1] ?? '')
}
