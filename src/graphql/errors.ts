import { GraphQLError } from 'graphql'
import { isDatabaseAway } from '../platform/database/database-away.ts'
import { DomainError, type InputIssue, InvalidInput, ServiceUnavailable } from '../platform/errors.ts'

export const badUserInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** Nobody is signed in, where somebody must be. */
export const unauthenticated = () =>
  new GraphQLError('Sign in first: send a session token as `Authorization: Bearer …`.', {
    extensions: { code: 'UNAUTHENTICATED' },
  })

/** An issue of a standard-schema validator in our words. */
export function toInputIssue(issue: {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}): InputIssue {
  return {
    path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)),
    message: issue.message,
  }
}

/**
 * What clients see of an error that no union caught: our own expected failures keep their code and sentence, errors with
 * a code pass, GraphQL's own about variables (they alone belong to no field) get one, a database that is away is said to
 * be, and everything else is masked.
 */
export function toClientError(error: unknown): GraphQLError {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error
  const original = isDatabaseAway(thrown) ? new ServiceUnavailable() : thrown
  const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (original instanceof GraphQLError && error instanceof GraphQLError) {
    const { message, path, extensions } = error
    if (extensions.code) return error
    if (!path) return new GraphQLError(message, { ...place, extensions: { ...extensions, code: 'BAD_USER_INPUT' } })
  }
  if (original instanceof DomainError) {
    return new GraphQLError(original.message, {
      ...place,
      extensions: { code: original.code, ...(original instanceof InvalidInput ? { issues: original.issues } : {}) },
    })
  }
  return new GraphQLError('Something went wrong on our side. Try again; if it stays, tell us the request id.', {
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  })
}
