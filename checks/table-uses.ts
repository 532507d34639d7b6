import ts from 'typescript'
import type { Model } from './prisma-models.ts'
import { type TableUse, tablesOfSql } from './sql-tables.ts'

export interface PlacedUse extends TableUse {
  /** Counts from 1. */
  readonly line: number
}

type Models = ReadonlyMap<string, Model>

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const reading = setOf('findUnique findUniqueOrThrow findFirst findFirstOrThrow findMany count aggregate groupBy')
const writing = setOf(
  'create createMany createManyAndReturn update updateMany updateManyAndReturn upsert delete deleteMany',
)
/** Keys of an argument under which fields of the same model follow. */
const transparent = setOf(
  'where select include data orderBy cursor create update upsert connect connectOrCreate AND OR NOT is isNot some every none _count',
)
/** Keys under which a related row is written. `connect` only sets a foreign key. */
const nestedWrites = setOf('create createMany connectOrCreate update updateMany upsert delete deleteMany')

/**
 * The tables that a source file reads and writes: in calls of Prisma (`tx.user.update`), in relations inside their
 * arguments (`include: { upload: true }` reads uploads), in selections of Pothos fields, and in the SQL of strings and
 * templates. Not counted: `t.relation`, which hands rows to the GraphQL type of their owner. Not seen: arguments and
 * names of tables that a variable holds (`FROM ${table}`).
 */
export function usesOfTables(path: string, text: string, models: Models): PlacedUse[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const tables = new Set([...models.values()].map(({ table }) => table))
  const delegates = new Map([...models.values()].map((model) => [lowerFirst(model.name), model]))
  const uses: PlacedUse[] = []
  const add = (node: ts.Node, use: TableUse) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    uses.push({ ...use, line: line + 1 })
  }

  function walkArguments(node: ts.Node, model: Model): void {
    if (ts.isObjectLiteralExpression(node)) for (const property of node.properties) walkProperty(property, model)
    else ts.forEachChild(node, (child) => walkArguments(child, model))
  }

  function walkProperty(property: ts.ObjectLiteralElementLike, model: Model): void {
    const name = property.name && ts.isIdentifier(property.name) ? property.name.text : null
    const value = ts.isPropertyAssignment(property) ? property.initializer : property
    const related = models.get(model.relations.get(name ?? '') ?? '')
    if (related) {
      add(property, { table: related.table, kind: isNestedWrite(value) ? 'writes' : 'reads' })
      walkArguments(value, related)
    } else if (name === null || transparent.has(name)) {
      walkArguments(value, model)
    }
  }

  function visitCall(node: ts.CallExpression): void {
    const callee = node.expression
    if (!ts.isPropertyAccessExpression(callee)) return
    const operation = callee.name.text
    if (ts.isPropertyAccessExpression(callee.expression)) {
      const model = delegates.get(callee.expression.name.text)
      const kind = reading.has(operation) ? 'reads' : writing.has(operation) ? 'writes' : null
      if (model && kind) {
        add(node, { table: model.table, kind })
        for (const argument of node.arguments) walkArguments(argument, model)
      }
    }
    const [name] = node.arguments
    const model = name && ts.isStringLiteral(name) && operation.startsWith('prisma') ? models.get(name.text) : undefined
    if (!model) return
    // A type is declared by the owner of its table; other domains add fields to it.
    if (!operation.startsWith('prismaObjectField')) add(node, { table: model.table, kind: 'reads' })
    walkSelections(node, model)
  }

  /** The selections of the fields of a Pothos type. */
  function walkSelections(node: ts.Node, model: Model): void {
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'select') walkArguments(node.initializer, model)
    ts.forEachChild(node, (child) => walkSelections(child, model))
  }

  function visit(node: ts.Node): void {
    if (ts.isCallExpression(node)) visitCall(node)
    const sql = sqlOf(node)
    if (sql !== null) for (const use of tablesOfSql(sql, tables)) add(node, use)
    // `deleteInBatches(db, { from: 'rate_limits', … })`
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'from' && ts.isStringLiteral(node.initializer)) {
      if (tables.has(node.initializer.text)) add(node, { table: node.initializer.text, kind: 'writes' })
    }
    ts.forEachChild(node, visit)
  }

  visit(source)
  return uses
}

/** The text of a string or a template with `?` for each value; null for other nodes. */
function sqlOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return null
  return node.head.text + node.templateSpans.map(({ literal }) => ` ? ${literal.text}`).join('')
}

function isNestedWrite(value: ts.Node): boolean {
  return (
    ts.isObjectLiteralExpression(value) &&
    value.properties.some(({ name }) => name && ts.isIdentifier(name) && nestedWrites.has(name.text))
  )
}

const lowerFirst = (name: string) => `${name[0]?.toLowerCase()}${name.slice(1)}`
