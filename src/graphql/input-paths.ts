import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import { InvalidInput } from '../platform/errors.ts'

export const inputPaths = 'inputPaths'

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      inputPaths: InputPathsPlugin<Types>
    }
  }
}

/**
 * Completes the paths of invalid input: a command names the field of its input, and a mutation that takes one `input`
 * puts that name before it. So commands know nothing of the form of a mutation's arguments.
 */
class InputPathsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolver: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { kind, args }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (kind !== 'Mutation' || !('input' in args)) return resolver
    return async (...parameters) => {
      try {
        return await resolver(...parameters)
      } catch (error) {
        throw error instanceof InvalidInput ? error.within('input') : error
      }
    }
  }
}

SchemaBuilder.registerPlugin(inputPaths, InputPathsPlugin)
