import { GraphQLInterfaceType, type GraphQLSchema } from 'graphql'
import { toGlobalId } from './ids.ts'

/**
 * Resolves the ids of all that has one without a promise: plugin-relay's resolver is asynchronous, and so made one of
 * every object of a list (a page of 20 activities with 10 laps: 220). A type's scopes are asked before, for the object.
 */
export function withPlainIds(schema: GraphQLSchema): GraphQLSchema {
  const node = schema.getType('Node')
  if (!(node instanceof GraphQLInterfaceType)) throw new Error('The schema has no interface Node.')
  for (const type of schema.getPossibleTypes(node)) {
    const { id } = type.getFields()
    if (!id) throw new Error(`${type.name} is a Node without an id.`)
    id.resolve = (row: { readonly id: string }) => toGlobalId(type.name, row.id)
    id.extensions = { ...id.extensions, columnsRead: ['id'] }
  }
  return schema
}
