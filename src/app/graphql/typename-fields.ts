import { type DocumentNode, Kind, type SelectionSetNode, visit } from 'graphql'

const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } } as const

/** Adds `__typename` to every selection below the operation, as the caches of Apollo and urql do before they send it. */
export function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(node, _key, parent): SelectionSetNode | undefined {
        const isOperation = parent !== undefined && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION
        if (isOperation || node.selections.some(isTypename)) return undefined
        return { ...node, selections: [...node.selections, typename] }
      },
    },
  })
}

function isTypename(selection: SelectionSetNode['selections'][number]): boolean {
  return selection.kind === Kind.FIELD && selection.name.value === '__typename' && selection.alias === undefined
}
