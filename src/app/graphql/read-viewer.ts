import { GraphQLError } from 'graphql'
import { Unauthenticated } from '../../domains/users/ports.ts'
import type { Viewer } from '../../graphql/context.ts'
import { ProviderUnavailable, ServiceUnavailable } from '../../platform/errors.ts'
import { within } from '../../platform/within.ts'
import type { App } from '../app.ts'
import { answerMs } from '../http/answer-in-time.ts'

/** No header: nobody. A bad one: HTTP 401, with no hint why beyond expired or invalid. */
export async function readViewer(app: App, authorization: string | null): Promise<Viewer | null> {
  if (authorization === null) return null
  const token = /^Bearer +([^\s]+)$/i.exec(authorization.trim())?.[1]
  try {
    if (!token) throw new Unauthenticated('invalid')
    const authenticated = app.authenticator.authenticate(token, app.clock())
    const { user, expiresAt } = await within(answerMs, authenticated, () => new ServiceUnavailable())
    const isAdmin = user.role === 'ADMIN' || app.config.adminClerkIds.includes(user.clerkId ?? '')
    return { user, isAdmin, expiresAt }
  } catch (error) {
    if (error instanceof Unauthenticated) throw withStatus(error.message, error.code, 401, badToken)
    if (!(error instanceof ProviderUnavailable)) throw error
    app.log.warn({ err: error.cause }, 'nobody could be let in: Clerk does not answer')
    throw withStatus(error.message, error.code, 503)
  }
}

const withStatus = (message: string, code: string, status: number, headers: Record<string, string> = {}) =>
  new GraphQLError(message, { extensions: { code, http: { status, headers } } })

/** As RFC 6750 has it, of a token that was sent and is not taken. */
const badToken = { 'www-authenticate': 'Bearer error="invalid_token"' }
