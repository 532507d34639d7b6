import { GraphQLError } from 'graphql'
import { isDatabaseUnavailable } from '../platform/database/database-unavailable.ts'
import { DomainError, type InputIssue, InvalidInput, ServiceUnavailable } from '../platform/errors.ts'

export const badUserInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** The field requires authentication and the request is not authenticated. */
export const unauthenticated = () =>
  new GraphQLError('Not authenticated. Send a session token as `Authorization: Bearer …`.', {
    extensions: { code: 'UNAUTHENTICATED' },
  })

/** Converts an issue of a standard-schema validator. */
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
 * The error that a client receives for an error that no mutation's union contains. A DomainError keeps its code and
 * message, and a GraphQLError with a code is returned as it is. GraphQL's errors about variables, the only ones without
 * a path, get the code BAD_USER_INPUT. An unavailable database becomes SERVICE_UNAVAILABLE. All other errors are
 * masked.
 */
export function toClientError(error: unknown): GraphQLError {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error
  const original = isDatabaseUnavailable(thrown) ? new ServiceUnavailable() : thrown
  const location = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (original instanceof GraphQLError && error instanceof GraphQLError) {
    const { message, path, extensions } = error
    if (extensions.code) return error
    if (!path) return new GraphQLError(message, { ...location, extensions: { ...extensions, code: 'BAD_USER_INPUT' } })
  }
  if (original instanceof DomainError) {
    return new GraphQLError(original.message, {
      ...location,
      extensions: { code: original.code, ...(original instanceof InvalidInput ? { issues: original.issues } : {}) },
    })
  }
  return new GraphQLError(
    'Internal server error. Try again. If the problem persists, contact support with the request ID.',
    {
      ...location,
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    },
  )
}
