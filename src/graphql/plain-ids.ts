import { GraphQLInterfaceType, type GraphQLSchema } from 'graphql'
import { toGlobalId } from './ids.ts'

/**
 * Replaces the `id` resolvers of all nodes by synchronous ones. The resolver of plugin-relay is asynchronous and
 * creates a promise for every object of a list (220 for a page of 20 activities with 10 laps). The scopes of a type are
 * still checked, because they run for the object before its fields.
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
