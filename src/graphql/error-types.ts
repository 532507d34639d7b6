import {
  type DomainError,
  Forbidden,
  IdempotencyConflict,
  InvalidInput,
  NotFound,
  ProviderUnavailable,
} from '../platform/errors.ts'
import { formatMessage } from '../platform/messages/format-message.ts'
import { builder } from './builder.ts'

const messageDescription = 'A message for users that says what to do, in the language of the viewer.'

/** The interface of all typed errors, including those of domains. */
export const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An error that a client can cause or must handle.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable, machine-readable code.' }),
    message: t.string({
      description: messageDescription,
      resolve: (error, _args, { localization }) => error.messageFor(localization()),
    }),
  }),
})

/** The two fields of every typed error. The description of `code` contains the code of the type. */
export function errorFields<Failure extends DomainError>(code: string) {
  return (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Failure>) => ({
    code: t.string({ description: `Always ${code}.`, resolve: (error) => error.code }),
    message: t.string({
      description: messageDescription,
      resolve: (error, _args, { localization }) => error.messageFor(localization()),
    }),
  })
}

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

const InputIssue = builder.objectRef<InvalidInput['issues'][number]>('InputIssue').implement({
  description: 'A problem in the input.',
  fields: (t) => ({
    path: t.stringList({
      description: 'The path of the invalid argument, outermost first. Example: input, filename.',
      resolve: (issue) => [...issue.path],
    }),
    message: t.string({
      description: messageDescription,
      resolve: ({ text }, _args, { localization }) => formatMessage(text, localization()),
    }),
  }),
})

builder.objectType(InvalidInput, {
  name: 'InvalidInputError',
  description: 'The input is not valid.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<InvalidInput>('INVALID_INPUT')(t),
    issues: t.field({
      type: [InputIssue],
      description: 'The problems found in the input.',
      resolve: (error) => [...error.issues],
    }),
  }),
})

builder.objectType(NotFound, {
  name: 'NotFoundError',
  description: 'The object does not exist or belongs to another user.',
  interfaces: [ErrorInterface],
  fields: errorFields<NotFound>('NOT_FOUND'),
})

builder.objectType(Forbidden, {
  name: 'ForbiddenError',
  description: 'You do not have permission to do this.',
  interfaces: [ErrorInterface],
  fields: errorFields<Forbidden>('FORBIDDEN'),
})

builder.objectType(IdempotencyConflict, {
  name: 'IdempotencyConflictError',
  description: 'The idempotency key was already used with a different input.',
  interfaces: [ErrorInterface],
  fields: errorFields<IdempotencyConflict>('IDEMPOTENCY_CONFLICT'),
})

builder.objectType(ProviderUnavailable, {
  name: 'ProviderUnavailableError',
  description: 'A provider is temporarily unavailable. Nothing was changed; the request can be tried again.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<ProviderUnavailable>('PROVIDER_UNAVAILABLE')(t),
    retryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When to try again, if known.',
      resolve: (error) => error.retryAt,
    }),
  }),
})
