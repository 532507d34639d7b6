import {
  type DomainError,
  Forbidden,
  IdempotencyConflict,
  InvalidInput,
  NotFound,
  ProviderUnavailable,
} from '../platform/errors.ts'
import { builder } from './builder.ts'

/** The interface of every typed error; domains' own errors implement it too. */
export const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'What went wrong, for programs and for people.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, machine readable.' }),
    message: t.exposeString('message', { description: 'For people; says what to do.' }),
  }),
})

/** The two fields of every typed error, with the type's own code in the description. */
export function errorFields<Failure extends DomainError>(code: string) {
  return (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Failure>) => ({
    code: t.string({ description: `${code}.`, resolve: (error) => error.code }),
    message: t.string({ description: 'For people; says what to do.', resolve: (error) => error.message }),
  })
}

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

const InputIssue = builder.objectRef<InvalidInput['issues'][number]>('InputIssue').implement({
  description: 'One thing that does not fit.',
  fields: (t) => ({
    path: t.stringList({
      description: 'Where in the arguments, from the outside in: input, filename.',
      resolve: (issue) => [...issue.path],
    }),
    message: t.exposeString('message', { description: 'For people; says what to do.' }),
  }),
})

builder.objectType(InvalidInput, {
  name: 'InvalidInputError',
  description: 'What was sent does not fit.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<InvalidInput>('INVALID_INPUT')(t),
    issues: t.field({
      type: [InputIssue],
      description: 'Each thing that does not fit.',
      resolve: (error) => [...error.issues],
    }),
  }),
})

builder.objectType(NotFound, {
  name: 'NotFoundError',
  description: 'There is no such thing, or it is not yours.',
  interfaces: [ErrorInterface],
  fields: errorFields<NotFound>('NOT_FOUND'),
})

builder.objectType(Forbidden, {
  name: 'ForbiddenError',
  description: 'You may not do it, whoever else may.',
  interfaces: [ErrorInterface],
  fields: errorFields<Forbidden>('FORBIDDEN'),
})

builder.objectType(IdempotencyConflict, {
  name: 'IdempotencyConflictError',
  description: 'The idempotency key was used before, with another input.',
  interfaces: [ErrorInterface],
  fields: errorFields<IdempotencyConflict>('IDEMPOTENCY_CONFLICT'),
})

builder.objectType(ProviderUnavailable, {
  name: 'ProviderUnavailableError',
  description: 'A provider does not answer at the moment; nothing was done and it can be tried again.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields<ProviderUnavailable>('PROVIDER_UNAVAILABLE')(t),
    retryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When to try again, where that is known.',
      resolve: (error) => error.retryAt,
    }),
  }),
})
