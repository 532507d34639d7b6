import type { FieldNullability, InputFieldMap, SchemaTypes, TypeParam } from '@pothos/core'
import {
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql'
import { optionsOf } from '../../platform/compat/pothos.ts'
import type { Rate, RateLimit } from '../../platform/rate-limits/rate-limiter.ts'

/** How often a user may call a mutation; `null` if the limit of all requests is sufficient. */
export type MutationRate = Rate | null

/** Makes `rate` a required option of every mutation field. */
declare global {
  namespace PothosSchemaTypes {
    interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      rate: MutationRate
    }
  }
}

export const perMinute = (points: number): Rate => ({ points, seconds: 60 })
export const perHour = (points: number): Rate => ({ points, seconds: 3_600 })

function rateOf(field: GraphQLField<unknown, unknown>): MutationRate {
  return (optionsOf(field).rate as MutationRate | undefined) ?? null
}

/** The mutations of an operation that have a rate, with the number of calls of each. */
export function mutationsOf(
  schema: GraphQLSchema,
  { operation, selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): [RateLimit, number][] {
  if (operation !== OperationTypeNode.MUTATION) return []
  const calls = new Map<string, Set<string>>()
  const visitedFragments = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias } = selection
        // Fields with the same response name are one call.
        calls.set(name.value, (calls.get(name.value) ?? new Set()).add(alias?.value ?? name.value))
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!visitedFragments.has(selection.name.value)) {
        visitedFragments.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) collect(fragment.selectionSet)
      }
    }
  }
  collect(selectionSet)
  const fields = schema.getMutationType()?.getFields() ?? {}
  return [...calls].flatMap(([name, keys]): [RateLimit, number][] => {
    const rate = fields[name] && rateOf(fields[name])
    return rate ? [[{ name, ...rate }, keys.size]] : []
  })
}
