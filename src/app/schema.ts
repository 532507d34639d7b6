import type { GraphQLSchema } from 'graphql'
import '../domains/users/graphql.ts'
import '../domains/credits/graphql.ts'
import '../domains/usage/graphql.ts'
import '../domains/billing/graphql.ts'
import '../domains/uploads/graphql.ts'
import '../domains/activities/graphql.ts'
import '../domains/privacy/graphql.ts'
import { builder } from '../graphql/builder.ts'
import { withPlainIds } from '../graphql/plain-ids.ts'

/** The schema of all domains; must equal schema.graphql (`npm run check:schema`). */
export const schema: GraphQLSchema = withPlainIds(builder.toSchema())
