import { type DocumentNode, type GraphQLObjectType, type GraphQLOutputType, getNamedType, Kind, visit } from 'graphql'
import { selectedColumnsOf } from '../platform/compat/pothos.ts'

/**
 * Options of a field that is computed from exactly these columns of its row, for fields that `t.expose` cannot express.
 * Lists do not read columns that no selected field needs (docs/decisions/0022).
 */
export function readsColumns<Row extends object, Rest extends unknown[], Result>(
  columns: { readonly [Column in keyof Row]: true },
  resolve: (row: Row, ...rest: Rest) => Result,
) {
  return { extensions: { columnsRead: Object.keys(columns) }, resolve }
}

const namesByDocument = new WeakMap<DocumentNode, ReadonlySet<string>>()

/** The names of all fields in a document, a superset of those selected on any one type. Computed once per document. */
export function selectedFieldNames(document: DocumentNode): ReadonlySet<string> {
  const known = namesByDocument.get(document)
  if (known) return known
  const names = new Set<string>()
  visit(document, { [Kind.FIELD]: ({ name }) => void names.add(name.value) })
  namesByDocument.set(document, names)
  return names
}

type Columns = readonly string[] | null

const columnsByNames = new WeakMap<ReadonlySet<string>, Map<GraphQLObjectType, Columns>>()

/**
 * The columns that these fields of a type read; null (all) if one of them does not declare its columns. Computed once
 * per document.
 */
function columnsRead(type: GraphQLObjectType, names: ReadonlySet<string>): Columns {
  const byType = columnsByNames.get(names) ?? new Map<GraphQLObjectType, Columns>()
  columnsByNames.set(names, byType)
  const known = byType.get(type)
  if (known !== undefined) return known
  const selected = Object.values(type.getFields()).filter(({ name }) => names.has(name))
  const read = [type, ...selected].map(columnsOf)
  const columns = read.includes(null) ? null : read.flatMap((of) => of ?? [])
  byType.set(type, columns)
  return columns
}

/** The columns that a field or type reads: those that `readsColumns` names, or those that Pothos knows. */
function columnsOf(read: { readonly extensions: Readonly<Record<string, unknown>> }): Columns {
  const { columnsRead } = read.extensions
  return Array.isArray(columnsRead) ? columnsRead : selectedColumnsOf(read)
}

interface Query {
  readonly include?: object
}

/**
 * Narrows the query of a page to the columns of the selected fields and to `required`, the columns that the page itself
 * needs.
 */
export function narrowToSelection(
  query: Query,
  connection: GraphQLOutputType,
  names: ReadonlySet<string>,
  required: object,
): object {
  const columns = columnsRead(nodeOf(connection), names)
  if (!columns) return query
  const { include, ...rest } = query
  return { ...rest, select: { ...Object.fromEntries(columns.map((name) => [name, true])), ...required, ...include } }
}

function nodeOf(connection: GraphQLOutputType): GraphQLObjectType {
  const fieldOf = (type: GraphQLOutputType, name: string) =>
    (getNamedType(type) as GraphQLObjectType).getFields()[name]?.type as GraphQLOutputType
  return getNamedType(fieldOf(fieldOf(connection, 'edges'), 'node')) as GraphQLObjectType
}
