import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import ValidationPlugin from '@pothos/plugin-validation'
import type PrismaTypes from '../generated/pothos-prisma-types.ts'
import { getDatamodel } from '../generated/pothos-prisma-types.ts'
import { InvalidInput } from '../platform/errors.ts'
import type { Context, SignedInContext } from './context.ts'
import { toInputIssue, unauthenticated } from './errors.ts'
import { mayRead } from './may-read.ts'
import { relayOptions } from './relay.ts'
import { type Scalars, scalars } from './scalars.ts'

/** Object types by name, so that a domain can add a field to another's payload without importing it: domains merge here. */
// biome-ignore lint/suspicious/noEmptyInterface: domains merge into it
export interface ObjectShapes {}

export interface SchemaTypes {
  Context: Context
  /** May be a getter, which counts only where the count is asked for. */
  Connection: { readonly totalCount: number | Promise<number> }
  PrismaTypes: PrismaTypes
  Objects: ObjectShapes
  Scalars: Scalars
  DefaultFieldNullability: false
  AuthScopes: {
    signedIn: boolean
    /** To read what is of the person with this id. */
    read: string
  }
  AuthContexts: { signedIn: SignedInContext }
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
}

/** The one builder: every domain's graphql.ts adds its types and fields, app/schema.ts builds the schema. */
export const builder = new SchemaBuilder<SchemaTypes>({
  // Errors stand outside, so that what authorisation and validation throw can become a typed error too.
  plugins: [ErrorsPlugin, ScopeAuthPlugin, ValidationPlugin, RelayPlugin, PrismaPlugin],
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
    // Once an object, not once for each of its fields.
    runScopesOnType: true,
    unauthorizedError: unauthenticated,
  },
  validation: {
    validationError: ({ issues }) => new InvalidInput(issues.map(toInputIssue)),
  },
  relay: relayOptions,
  prisma: {
    client: (context) => context.db.prisma,
    dmmf: getDatamodel(),
    // The whole row is loaded, so no `select: {}` can arise where only __typename was asked for.
    onUnusedQuery: 'error',
  },
})

builder.scalarType('DateTime', scalars.DateTime)
builder.scalarType('SafeInt', scalars.SafeInt)
builder.scalarType('URL', scalars.URL)
builder.scalarType('Date', scalars.Date)

builder.queryType({ description: 'What can be read.' })
builder.mutationType({
  description:
    'What can be changed. Creations take an idempotency key; all else is idempotent by its target: twice is as once.',
})
builder.subscriptionType({
  description:
    'What can be followed live, over server-sent events. A stream ends when its token does: reconnect with a fresh one.',
})
