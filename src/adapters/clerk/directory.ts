import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { type ClerkDirectory, ClerkRefused, type ClerkUser } from '../../domains/users/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { parseRetryAfter } from '../../platform/retry.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { userOfLibrary } from './clerk-user.ts'

export interface ClerkDirectoryOptions {
  readonly secretKey: string
  readonly apiUrl: string
  /** The library has no timeout and takes no signal: without one, a request could wait for minutes. */
  readonly timeoutMs?: number
  /** The timeout of lists: 500 users take longer than one, and no client waits for them. */
  readonly listTimeoutMs?: number
}

/** The maximum number of ids or addresses that Clerk accepts in one request. */
const maxPerRequest = 100
/** The maximum number of users that Clerk returns in one response. */
const maxPageSize = 500

/** Users in Clerk's Backend API. The port says what it throws. */
export function createClerkDirectory(options: ClerkDirectoryOptions): ClerkDirectory {
  const { secretKey, apiUrl, timeoutMs = 4_000, listTimeoutMs = 30_000 } = options
  const { users } = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })
  const request = <Result>(send: () => Promise<Result>) => answerWithin(timeoutMs, send()).catch(asThrown)
  const requestList = <Result>(send: () => Promise<Result>) => answerWithin(listTimeoutMs, send()).catch(asThrown)
  const requestOrNull = async <Result>(send: () => Promise<Result>) => {
    try {
      return await answerWithin(timeoutMs, send())
    } catch (error) {
      if (isClerkAPIResponseError(error) && error.status === 404) return null
      return asThrown(error)
    }
  }

  return {
    async getUser(clerkId) {
      const user = await requestOrNull(() => users.getUser(clerkId))
      return user && userOfLibrary(user)
    },
    async listUsers({ createdFrom, offset, limit }) {
      // Clerk does not document whether "after" includes the instant, so a millisecond is subtracted.
      const from = createdFrom ? { createdAtAfter: createdFrom.getTime() - 1 } : {}
      const page = await requestList(() => users.getUserList({ ...from, orderBy: '+created_at', offset, limit }))
      return page.data.map(userOfLibrary)
    },
    async listByIds(userId) {
      const page = await requestList(() => users.getUserList({ userId: [...userId], limit: maxPerRequest }))
      return page.data.map(userOfLibrary)
    },
    async listByEmails(emailAddress) {
      // Several users can have an address, and at most one has verified it. That one may be on any page.
      const query = { emailAddress: [...emailAddress], orderBy: '+created_at' as const, limit: maxPageSize }
      const found: ClerkUser[] = []
      for (;;) {
        const page = await requestList(() => users.getUserList({ ...query, offset: found.length }))
        found.push(...page.data.map(userOfLibrary))
        if (page.data.length < maxPageSize) return found
      }
    },
    countUsers: () => requestList(() => users.getCount()),
    async updateNames(clerkId, { firstName, lastName }) {
      const names = {
        ...(firstName === undefined ? {} : { firstName: firstName ?? '' }),
        ...(lastName === undefined ? {} : { lastName: lastName ?? '' }),
      }
      const user = await requestOrNull(() => users.updateUser(clerkId, names))
      return user && userOfLibrary(user)
    },
    async createUser({ externalId, email, firstName, lastName }) {
      const names = { ...(firstName === null ? {} : { firstName }), ...(lastName === null ? {} : { lastName }) }
      // Passwords of the older system are not migrated. Users choose how to sign in at their first sign-in.
      const input = { externalId, emailAddress: [email], ...names, skipPasswordRequirement: true }
      return userOfLibrary(await request(() => users.createUser(input)))
    },
    async setExternalId(clerkId, externalId) {
      const user = await requestOrNull(() => users.updateUser(clerkId, { externalId }))
      return user && userOfLibrary(user)
    },
    async deleteUser(clerkId) {
      await requestOrNull(() => users.deleteUser(clerkId))
    },
  }
}

function answerWithin<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer> {
  return withTimeout(ms, answer, () => new Error(`no answer within ${ms} ms`))
}

/** 400 and 422 mean that the request cannot succeed; all other errors are temporary. */
function asThrown(error: unknown): never {
  if (!isClerkAPIResponseError(error)) throw new ProviderUnavailable('Clerk', { cause: error })
  if (error.status === 400 || error.status === 422) {
    const reasons = error.errors.map(({ longMessage, message }) => longMessage ?? message)
    throw new ClerkRefused(reasons.join(' ') || error.message, { cause: error })
  }
  const { retryAfter } = error
  const retryAt = retryAfter === undefined ? null : parseRetryAfter(String(retryAfter), new Date())
  throw new ProviderUnavailable('Clerk', { cause: error, retryAt })
}
