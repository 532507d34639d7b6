import type { GraphQLSchema } from 'graphql'
import type { Domain } from '../../domains/define-domain.ts'
import { builder } from '../../graphql/builder.ts'
import { withPlainIds } from '../../graphql/plain-ids.ts'

let built: { readonly schema: GraphQLSchema; readonly names: string } | null = null

/**
 * The schema of these domains; for the list of app/domains.ts it must equal schema.graphql (`npm run check:schema`).
 * Pothos collects types in one builder, so a process has one schema: it is built once. Throws for another list.
 */
export function buildSchema(
  domains: readonly Pick<Domain<never>, 'name' | 'graphql' | 'uploadKinds'>[],
): GraphQLSchema {
  const names = domains.map(({ name }) => name).join(', ')
  if (built) {
    if (built.names !== names) throw new Error(`This process has the schema of ${built.names}, not of ${names}.`)
    return built.schema
  }
  const uploadKinds = domains.flatMap((domain) => [...domain.uploadKinds])
  for (const domain of domains) domain.graphql({ uploadKinds })
  const schema = withPlainIds(builder.toSchema())
  built = { schema, names }
  return schema
}
