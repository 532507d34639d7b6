import type { FieldNullability, InputFieldMap, SchemaTypes, TypeParam } from '@pothos/core'
import type { GraphQLField } from 'graphql'
import type { Rate } from '../../platform/limits/rate-limiter.ts'

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

export function rateOf(field: GraphQLField<unknown, unknown>): MutationRate {
  const options = field.extensions.pothosOptions as { readonly rate?: MutationRate } | undefined
  return options?.rate ?? null
}
