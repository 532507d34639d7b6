import type { GraphQLOutputType } from 'graphql'

/*
 * Pothos and its Prisma plugin keep what they know of a field or a type in `extensions` of the schema, which is not
 * documented. pothos.test.ts fails when an upgrade changes one of these.
 */

interface Extended {
  readonly extensions: Readonly<Record<string, unknown>>
}

/** The options that a field or a type was defined with. */
export function optionsOf({ extensions }: Extended): Readonly<Record<string, unknown>> {
  return (extensions.pothosOptions ?? {}) as Readonly<Record<string, unknown>>
}

/**
 * The columns of its row that a field or a type needs: of `t.expose…` its own, of `select` those, of `t.relation` none.
 * Null where it does not say.
 */
export function selectedColumnsOf({ extensions }: Extended): readonly string[] | null {
  const { pothosExposedField, pothosPrismaSelect, pothosPrismaLoaded } = extensions
  if (typeof pothosExposedField === 'string') return [pothosExposedField]
  if (typeof pothosPrismaSelect === 'object') return Object.keys(pothosPrismaSelect ?? {})
  return pothosPrismaLoaded ? [] : null
}

/**
 * What a field adds to the query that loads its parent.
 *
 * @param nest adds to a query what is selected below the field, at the end of a path
 * @param selected the names of the fields that are selected; with a path, whether the field at its end is
 */
export type ParentSelect<Args, Context> = (
  args: Args,
  context: Context,
  nest: (query: object, path: readonly string[]) => object,
  selected: SelectedFields,
  position: { readonly field: { readonly type: GraphQLOutputType } },
) => { readonly select: object }

export interface SelectedFields {
  (): ReadonlySet<string>
  (path: readonly string[]): object | null
}

/** The `extensions` of a field that adds to the query of its parent. */
export function withParentSelect<Args, Context>(select: ParentSelect<Args, Context>) {
  return { pothosPrismaSelect: select }
}
