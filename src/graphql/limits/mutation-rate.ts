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
import type { Counted, Rate } from '../../platform/limits/rate-limiter.ts'

/** How often a person may call a mutation; `null` where the limit of all requests is enough. */
export type MutationRate = Rate | null

/** Every mutation has to say it: without `rate` it does not compile. */
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
  const options = field.extensions.pothosOptions as { readonly rate?: MutationRate } | undefined
  return options?.rate ?? null
}

/** The mutations with a rate of their own, each as often as it is called. */
export function mutationsOf(
  schema: GraphQLSchema,
  { operation, selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): [Counted, number][] {
  if (operation !== OperationTypeNode.MUTATION) return []
  const calls = new Map<string, Set<string>>()
  const seen = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias } = selection
        // The same name twice is one call.
        calls.set(name.value, (calls.get(name.value) ?? new Set()).add(alias?.value ?? name.value))
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) collect(fragment.selectionSet)
      }
    }
  }
  collect(selectionSet)
  const fields = schema.getMutationType()?.getFields() ?? {}
  return [...calls].flatMap(([name, keys]): [Counted, number][] => {
    const rate = fields[name] && rateOf(fields[name])
    return rate ? [[{ name, ...rate }, keys.size]] : []
  })
}
