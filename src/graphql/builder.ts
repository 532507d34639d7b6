import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type PrismaTypes from '../generated/pothos-prisma-types.ts'
import { getDatamodel } from '../generated/pothos-prisma-types.ts'
import { InvalidInput } from '../platform/errors.ts'
import type { Context, SignedInContext } from './context.ts'
import { NotAuthenticated } from './errors.ts'
import { inputPaths } from './input-paths.ts'
import { mayRead } from './may-read.ts'
import { relayOptions } from './relay.ts'
import { type Scalars, scalars } from './scalars.ts'

/**
 * Object types by name. Domains add to it by declaration merging, so that one can extend another's payload without
 * importing it.
 */
// biome-ignore lint/suspicious/noEmptyInterface: extended by declaration merging
export interface ObjectShapes {}

/** Input and enum types by name, where their values come from several domains: domains merge here. */
// biome-ignore lint/suspicious/noEmptyInterface: domains merge into it
export interface InputShapes {}

export interface SchemaTypes {
  Context: Context
  /** Can be a getter, so that the count is only read when it is selected. */
  Connection: { readonly totalCount: number | Promise<number> }
  PrismaTypes: PrismaTypes
  Objects: ObjectShapes
  Inputs: InputShapes
  Scalars: Scalars
  DefaultFieldNullability: false
  AuthScopes: {
    signedIn: boolean
    /** Permission to read the data of the user with this id. */
    read: string
  }
  AuthContexts: { signedIn: SignedInContext }
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
}

/** The schema builder. Every domain's graphql/ adds its types and fields to it; app/schema.ts builds the schema. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // ErrorsPlugin comes first: it wraps the others, so that errors of authorization become typed errors too.
  plugins: [ErrorsPlugin, inputPaths, ScopeAuthPlugin, RelayPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    unsafelyHandleInputErrors: true,
    defaultTypes: [InvalidInput],
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
    },
  },
  scopeAuth: {
    authScopes: (context) => ({
      signedIn: context.viewer !== null,
      read: (ownerId) => mayRead(context, ownerId),
    }),
    authorizeOnSubscribe: true,
    // Once per object instead of once per field.
    runScopesOnType: true,
    unauthorizedError: () => new NotAuthenticated(),
  },
  relay: relayOptions,
  prisma: {
    client: (context) => context.db.prisma,
    dmmf: getDatamodel(),
    // Prisma nodes load the whole row, so selecting only __typename does not produce an empty `select`.
    onUnusedQuery: 'error',
  },
})

builder.scalarType('DateTime', scalars.DateTime)
builder.scalarType('SafeInt', scalars.SafeInt)
builder.scalarType('URL', scalars.URL)
builder.scalarType('Date', scalars.Date)

builder.queryType({ description: 'Read operations.' })
builder.mutationType({
  description:
    'Write operations. Mutations that create something take an idempotency key. All others are idempotent by their target: repeating one has no further effect.',
})
builder.subscriptionType({
  description:
    'Live updates over server-sent events, multipart responses or WebSockets. A subscription that shows a state sends the present state first, then the newest state after every change; quick changes are merged. A stream that ends without being completed is interrupted (the session token has expired, or the server is stopping): open it again with a fresh token. A last event with the error ACCOUNT_UNAVAILABLE says that the account was banned or deleted.',
})
