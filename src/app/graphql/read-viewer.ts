import { GraphQLError } from 'graphql'
import { Unauthenticated, users } from '../../domains/users/index.ts'
import type { Viewer } from '../../graphql/context.ts'
import { type DomainError, ProviderUnavailable, ServiceUnavailable } from '../../platform/errors.ts'
import { english } from '../../platform/messages/format-message.ts'
import { currentRequest } from '../../platform/observability/current-request.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import type { App } from '../app.ts'
import { answerMs } from '../http/answer-timeout.ts'

/** Null without the header. Refuses a token with HTTP 401, and says only whether it is expired or invalid. */
export async function readViewer(app: App, authorization: string | null): Promise<Viewer | null> {
  if (authorization === null) return null
  const token = /^Bearer +([^\s]+)$/i.exec(authorization.trim())?.[1]
  try {
    if (!token) throw new Unauthenticated('invalid')
    const authenticated = app.services(users).authenticator.authenticate(token, app.clock())
    const { user, expiresAt, actor } = await withTimeout(answerMs, authenticated, () => new ServiceUnavailable())
    const isAdmin = user.role === 'ADMIN' || app.config.adminClerkIds.includes(user.clerkId ?? '')
    return { id: user.id, user, isAdmin, actor, expiresAt }
  } catch (error) {
    if (error instanceof Unauthenticated) throw withStatus(error, 401, badToken)
    if (!(error instanceof ProviderUnavailable)) throw error
    app.log.warn({ err: error.cause }, 'request could not be authenticated: Clerk does not respond')
    throw withStatus(error, 503)
  }
}

function withStatus(error: DomainError, status: number, headers: Record<string, string> = {}): GraphQLError {
  const message = error.messageFor(currentRequest.getStore()?.localization?.() ?? english)
  return new GraphQLError(message, { extensions: { code: error.code, http: { status, headers } } })
}

/** What RFC 6750 requires in the response to a token that is not accepted. */
const badToken = { 'www-authenticate': 'Bearer error="invalid_token"' }
