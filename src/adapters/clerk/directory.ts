import { createClerkClient } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import { type ClerkDirectory, ClerkRefused, type ClerkUser } from '../../domains/users/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { userOfLibrary } from './clerk-user.ts'

export interface ClerkDirectoryOptions {
  readonly secretKey: string
  readonly apiUrl: string
  /** The library sets no limit of its own and takes no signal: a silent Clerk would hold a request for minutes. */
  readonly timeoutMs?: number
  /** The same for lists: 500 people take longer than one, and nobody's request waits for them. */
  readonly listTimeoutMs?: number
}

/** What Clerk takes of ids or addresses in one question. */
const mostAtOnce = 100
/** What Clerk gives at most in one answer. */
const longestPage = 500

/** People by Clerk's Backend API; see the port for what it throws. */
export function createClerkDirectory(options: ClerkDirectoryOptions): ClerkDirectory {
  const { secretKey, apiUrl, timeoutMs = 4_000, listTimeoutMs = 30_000 } = options
  const { users } = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } })
  const ask = <Answer>(question: () => Promise<Answer>) => within(timeoutMs, question()).catch(asThrown)
  const askForMany = <Answer>(question: () => Promise<Answer>) => within(listTimeoutMs, question()).catch(asThrown)
  const askOrNull = async <Answer>(question: () => Promise<Answer>) => {
    try {
      return await within(timeoutMs, question())
    } catch (error) {
      if (isClerkAPIResponseError(error) && error.status === 404) return null
      return asThrown(error)
    }
  }

  return {
    async getUser(clerkId) {
      const user = await askOrNull(() => users.getUser(clerkId))
      return user && userOfLibrary(user)
    },
    async listUsers({ createdFrom, offset, limit }) {
      // "After" is said without saying whether the instant itself belongs to it: a millisecond earlier it does.
      const from = createdFrom ? { createdAtAfter: createdFrom.getTime() - 1 } : {}
      const page = await askForMany(() => users.getUserList({ ...from, orderBy: '+created_at', offset, limit }))
      return page.data.map(userOfLibrary)
    },
    async listByIds(userId) {
      const page = await askForMany(() => users.getUserList({ userId: [...userId], limit: mostAtOnce }))
      return page.data.map(userOfLibrary)
    },
    async listByEmails(emailAddress) {
      // An address may be with several people, unverified with all but one; whom a page leaves out could be that one.
      const wish = { emailAddress: [...emailAddress], orderBy: '+created_at' as const, limit: longestPage }
      const found: ClerkUser[] = []
      for (;;) {
        const page = await askForMany(() => users.getUserList({ ...wish, offset: found.length }))
        found.push(...page.data.map(userOfLibrary))
        if (page.data.length < longestPage) return found
      }
    },
    countUsers: () => askForMany(() => users.getCount()),
    async updateNames(clerkId, { firstName, lastName }) {
      const names = {
        ...(firstName === undefined ? {} : { firstName: firstName ?? '' }),
        ...(lastName === undefined ? {} : { lastName: lastName ?? '' }),
      }
      const user = await askOrNull(() => users.updateUser(clerkId, names))
      return user && userOfLibrary(user)
    },
    async createUser({ externalId, email, firstName, lastName }) {
      const names = { ...(firstName === null ? {} : { firstName }), ...(lastName === null ? {} : { lastName }) }
      // They choose how to sign in when they come; the older system's passwords stay where they are.
      const wish = { externalId, emailAddress: [email], ...names, skipPasswordRequirement: true }
      return userOfLibrary(await ask(() => users.createUser(wish)))
    },
    async setExternalId(clerkId, externalId) {
      const user = await askOrNull(() => users.updateUser(clerkId, { externalId }))
      return user && userOfLibrary(user)
    },
    async deleteUser(clerkId) {
      await askOrNull(() => users.deleteUser(clerkId))
    },
  }
}

async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  const { promise: lapse, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  return Promise.race([work, lapse]).finally(() => clearTimeout(timer))
}

/** 400 and 422 say that this very request can never succeed; everything else may, later. */
function asThrown(error: unknown): never {
  if (!isClerkAPIResponseError(error)) throw new ProviderUnavailable('Clerk', { cause: error })
  if (error.status === 400 || error.status === 422) {
    const reasons = error.errors.map(({ longMessage, message }) => longMessage ?? message)
    throw new ClerkRefused(reasons.join(' ') || error.message, { cause: error })
  }
  const { retryAfter } = error
  const retryAt = retryAfter === undefined ? null : new Date(Date.now() + retryAfter * 1_000)
  throw new ProviderUnavailable('Clerk', { cause: error, retryAt })
}
