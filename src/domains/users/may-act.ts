import type { UserStanding } from '../../generated/prisma/enums.ts'

/**
 * Whether the user may send requests. LOCKED users may: a lock at Clerk stops new sign-ins, which Clerk refuses itself,
 * and existing sessions continue.
 */
export function mayAct({ standing }: { readonly standing: UserStanding }): boolean {
  return standing === 'ACTIVE' || standing === 'LOCKED'
}
