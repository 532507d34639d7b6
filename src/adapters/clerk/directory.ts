import { createClerkClient, type User } from '@clerk/backend'
import { isClerkAPIResponseError } from '@clerk/backend/errors'
import type { ClerkDirectory, ClerkUser } from '../../domains/users/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

/** Reads people from Clerk's Backend API. 404 is null; all else that fails is ProviderUnavailable. */
export function createClerkDirectory(options: { secretKey: string; apiUrl: string }): ClerkDirectory {
  const client = createClerkClient({ ...options, telemetry: { disabled: true } })
  return {
    async getUser(clerkId) {
      try {
        return toClerkUser(await client.users.getUser(clerkId))
      } catch (error) {
        if (isClerkAPIResponseError(error) && error.status === 404) return null
        throw new ProviderUnavailable('Clerk', { cause: error })
      }
    },
  }
}

/** The primary address is the one that its id names, which may be none; never simply the first. */
function toClerkUser(user: User): ClerkUser {
  const primary = user.emailAddresses.find((address) => address.id === user.primaryEmailAddressId)
  return {
    clerkId: user.id,
    email: primary?.emailAddress ?? null,
    firstName: user.firstName || null,
    lastName: user.lastName || null,
    username: user.username || null,
    imageUrl: user.imageUrl || null,
    banned: user.banned || user.locked,
  }
}
