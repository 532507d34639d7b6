import type { App } from '../../app/app.ts'
import { promoteUser } from '../../domains/users/index.ts'

/** Makes a user an admin. Only the user's row and ADMIN_CLERK_IDS decide this; no client can write either. */
export async function promote(app: App, clerkId: string): Promise<void> {
  if (!(await promoteUser(app.db.prisma, clerkId))) {
    throw new Error(`There is no user with the Clerk id "${clerkId}". Users must have signed in once.`)
  }
  process.stdout.write(`${clerkId} is an admin from the next request on.\n`)
}
