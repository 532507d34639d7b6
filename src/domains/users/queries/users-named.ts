import type { Reader } from '../../../platform/database/db.ts'

/** Case-sensitive: these are the texts that the database prints. */
const userIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text has the form of Pacer's user ids. */
export function isUserId(text: string): boolean {
  return userIdPattern.test(text)
}

/** The ids of the users whom these texts identify, by the text: their id or their id in Clerk. Includes erased users. */
export async function usersNamed(db: Reader, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.user.findMany({
    where: { OR: [{ id: { in: names.filter(isUserId) } }, { clerkId: { in: [...names] } }] },
    select: { id: true, clerkId: true },
  })
  return new Map(
    rows.flatMap(({ id, clerkId }) => [[id, id] as const, ...(clerkId === null ? [] : [[clerkId, id] as const])]),
  )
}
