import type { App } from '../../app/app.ts'
import { promoteUser } from '../../domains/users/index.ts'

/** Being an admin is a matter of the row, or of ADMIN_CLERK_IDS: nothing that a client can write makes one. */
export async function promote(app: App, clerkId: string): Promise<void> {
  const person = await app.db.prisma.user.findUnique({ where: { clerkId }, select: { standing: true } })
  if (!person || person.standing === 'DELETING' || person.standing === 'DELETED') {
    throw new Error(`There is no person with the Clerk id "${clerkId}". They must have signed in once.`)
  }
  await promoteUser(app.db.prisma, clerkId)
  process.stdout.write(`${clerkId} is an admin from the next request on.\n`)
}
