import type { Reader } from '../../../platform/database/db.ts'
import { type Localization, localizationOfLocale } from '../../../platform/messages/format-message.ts'

/*
 * Single columns of a user's row, for other domains. Each throws if there is no such user.
 */

/** The user's id in Clerk; null for imported users who are not linked to a Clerk user yet. */
export async function clerkIdOf(db: Reader, userId: string): Promise<string | null> {
  const { clerkId } = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { clerkId: true } })
  return clerkId
}

/** The user's time zone, as an IANA name. */
export async function timeZoneOf(db: Reader, userId: string): Promise<string> {
  const { timeZone } = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { timeZone: true } })
  return timeZone
}

/** The credits that the user had in the older system; 0 for others. */
export async function legacyCreditsOf(db: Reader, userId: string): Promise<number> {
  const { legacyCredits } = await db.user.findUniqueOrThrow({ where: { id: userId }, select: { legacyCredits: true } })
  return legacyCredits
}

/** How the user reads what is sent to them: in the language and time zone that they have chosen. */
export async function localizationOfUser(db: Reader, userId: string): Promise<Localization> {
  const { chosenLocale, timeZone } = await db.user.findUniqueOrThrow({
    where: { id: userId },
    select: { chosenLocale: true, timeZone: true },
  })
  return localizationOfLocale(chosenLocale, timeZone)
}
