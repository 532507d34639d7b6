import { type DocumentNode, type GraphQLObjectType, type GraphQLOutputType, getNamedType, Kind, visit } from 'graphql'

/**
 * A field made of these columns of its row, all of them and no other: a list leaves out what nobody reads
 * (docs/decisions/0022). For what `t.expose` does not do.
 */
export function reading<Row extends object, Rest extends unknown[], Result>(
  columns: { readonly [Column in keyof Row]: true },
  resolve: (row: Row, ...rest: Rest) => Result,
) {
  return { extensions: { columnsRead: Object.keys(columns) }, resolve }
}

const namesByDocument = new WeakMap<DocumentNode, ReadonlySet<string>>()

/** The names of all fields anywhere in a document: more than is asked of one type, never less. Once a document. */
export function namesAsked(document: DocumentNode): ReadonlySet<string> {
  const known = namesByDocument.get(document)
  if (known) return known
  const names = new Set<string>()
  visit(document, { [Kind.FIELD]: ({ name }) => void names.add(name.value) })
  namesByDocument.set(document, names)
  return names
}

type Columns = readonly string[] | null

const columnsByNames = new WeakMap<ReadonlySet<string>, Map<GraphQLObjectType, Columns>>()

/** The columns that these fields of a type read; null for all, where one of them does not say which. Once a document. */
function columnsRead(type: GraphQLObjectType, names: ReadonlySet<string>): Columns {
  const byType = columnsByNames.get(names) ?? new Map<GraphQLObjectType, Columns>()
  columnsByNames.set(names, byType)
  const known = byType.get(type)
  if (known !== undefined) return known
  const asked = Object.values(type.getFields()).filter(({ name }) => names.has(name))
  const read = [type, ...asked].map(({ extensions }) => columnsOf(extensions))
  const columns = read.includes(null) ? null : read.flatMap((of) => of ?? [])
  byType.set(type, columns)
  return columns
}

/** What stands in a field's or a type's extensions: by `reading`, `t.expose`, a `select` of its own, or `t.relation`. */
function columnsOf(extensions: Readonly<Record<string, unknown>>): Columns {
  const { columnsRead, pothosExposedField, pothosPrismaSelect, pothosPrismaLoaded } = extensions
  if (Array.isArray(columnsRead)) return columnsRead
  if (typeof pothosExposedField === 'string') return [pothosExposedField]
  if (typeof pothosPrismaSelect === 'object') return Object.keys(pothosPrismaSelect ?? {})
  return pothosPrismaLoaded ? [] : null
}

interface Query {
  readonly include?: object
}

/** A query for the rows of a page, which reads only what is asked for, and the columns that the page itself needs. */
export function narrowed(query: Query, connection: GraphQLOutputType, names: ReadonlySet<string>, own: object): object {
  const columns = columnsRead(nodeOf(connection), names)
  if (!columns) return query
  const { include, ...rest } = query
  return { ...rest, select: { ...Object.fromEntries(columns.map((name) => [name, true])), ...own, ...include } }
}

function nodeOf(connection: GraphQLOutputType): GraphQLObjectType {
  const fieldOf = (type: GraphQLOutputType, name: string) =>
    (getNamedType(type) as GraphQLObjectType).getFields()[name]?.type as GraphQLOutputType
  return getNamedType(fieldOf(fieldOf(connection, 'edges'), 'node')) as GraphQLObjectType
}
