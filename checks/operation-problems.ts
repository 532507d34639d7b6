import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** What is wrong with the operations of a document: a sentence for each problem. */
export function operationProblems(schema: GraphQLSchema, document: DocumentNode): string[] {
  return [...undescribed(document), ...withoutIds(schema, document)]
}

function undescribed({ definitions }: DocumentNode): string[] {
  return definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION && !definition.description
      ? [`the ${definition.operation} ${definition.name?.value ?? ''} has no description ("""…""" before it)`]
      : [],
  )
}

/** Selections of an object with an `id` that do not select it, themselves or by their fragments. */
function withoutIds(schema: GraphQLSchema, document: DocumentNode): string[] {
  const problems: string[] = []
  const types = new TypeInfo(schema)
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  )
  const selectsId = ({ selections }: SelectionSetNode): boolean =>
    selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === 'id' && selection.alias === undefined
      if (selection.kind === Kind.INLINE_FRAGMENT) return selectsId(selection.selectionSet)
      const fragment = fragments.get(selection.name.value)
      return fragment !== undefined && selectsId(fragment)
    })
  visit(
    document,
    visitWithTypeInfo(types, {
      Field({ name, selectionSet }) {
        const type = getNamedType(types.getType())
        if (!selectionSet || !type || !hasId(type) || selectsId(selectionSet)) return
        problems.push(`the selection of ${types.getParentType()?.name}.${name.value} has no id of ${type.name}`)
      },
    }),
  )
  return problems
}

function hasId(type: GraphQLNamedType): boolean {
  return (isObjectType(type) || isInterfaceType(type)) && 'id' in type.getFields()
}
