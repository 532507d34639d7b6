import { createClerkClient, type User } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import type { ClerkDirectory, ClerkUser } from '../../domains/users/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { storable } from './storable.ts'

export interface ClerkDirectoryOptions {
  readonly secretKey: string
  readonly apiUrl: string
  /** The library sets no limit of its own and takes no signal: a silent Clerk would hold a request for minutes. */
  readonly timeoutMs?: number
}

/** Reads people from Clerk's Backend API. 404 is null; all else that fails is ProviderUnavailable. */
export function createClerkDirectory({ timeoutMs = 4_000, ...options }: ClerkDirectoryOptions): ClerkDirectory {
  const client = createClerkClient({ ...options, telemetry: { disabled: true } })
  return {
    async getUser(clerkId) {
      const { promise: lapse, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      try {
        return toClerkUser(await Promise.race([client.users.getUser(clerkId), lapse]))
      } catch (error) {
        if (isClerkAPIResponseError(error) && error.status === 404) return null
        throw new ProviderUnavailable('Clerk', { cause: error })
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/**
 * The primary address is the one that its id names, which may be none; never simply the first. `locked` is no ban: it
 * lapses by itself, and only says that somebody tried wrong passwords.
 */
function toClerkUser(user: User): ClerkUser {
  const primary = user.emailAddresses.find((address) => address.id === user.primaryEmailAddressId)
  return {
    clerkId: user.id,
    email: storable(primary?.emailAddress),
    firstName: storable(user.firstName),
    lastName: storable(user.lastName),
    username: storable(user.username),
    imageUrl: storable(user.imageUrl),
    banned: user.banned,
  }
}
