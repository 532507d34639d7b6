import { GraphQLError } from 'graphql'
import { isDatabaseUnavailable } from '../platform/database/database-unavailable.ts'
import { DomainError, InvalidInput, ServiceUnavailable } from '../platform/errors.ts'
import { formatMessage, type Localization } from '../platform/messages/format-message.ts'
import { platformMessages } from '../platform/messages/platform-messages.ts'

export const badUserInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** The field requires authentication and the request is not authenticated. */
export class NotAuthenticated extends DomainError {
  readonly code = 'UNAUTHENTICATED'

  constructor() {
    super(platformMessages.unauthenticated())
  }
}

/**
 * The error that a client receives for an error that no mutation's union contains. A DomainError keeps its code, and its
 * message is in the user's language. A GraphQLError with a code is returned as it is. GraphQL's errors about variables, the only ones without
 * a path, get the code BAD_USER_INPUT. An unavailable database becomes SERVICE_UNAVAILABLE. All other errors are
 * masked.
 */
export function toClientError(error: unknown, localization: Localization): GraphQLError {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error
  const original = isDatabaseUnavailable(thrown) ? new ServiceUnavailable() : thrown
  const location = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (original instanceof GraphQLError && error instanceof GraphQLError) {
    const { message, path, extensions } = error
    if (extensions.code) return error
    if (!path) return new GraphQLError(message, { ...location, extensions: { ...extensions, code: 'BAD_USER_INPUT' } })
  }
  if (original instanceof DomainError) {
    const issues = original instanceof InvalidInput ? { issues: describeIssues(original, localization) } : {}
    return new GraphQLError(original.messageFor(localization), {
      ...location,
      extensions: { code: original.code, ...issues },
    })
  }
  return new GraphQLError(formatMessage(platformMessages.internalError(), localization), {
    ...location,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  })
}

function describeIssues({ issues }: InvalidInput, localization: Localization) {
  return issues.map(({ path, text }) => ({ path, message: formatMessage(text, localization) }))
}
