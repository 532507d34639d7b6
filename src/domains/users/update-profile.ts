import { Temporal } from 'temporal-polyfill'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/db.ts'
import { InvalidInput } from '../../platform/errors.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import type { ArrivalPorts } from './arrival.ts'
import { versionOfAnswer } from './clerk-version.ts'
import { Unauthenticated } from './errors.ts'
import { type ClerkDirectory, ClerkRefused, type ClerkUser } from './ports.ts'

/** A field left out stays; null clears. */
export interface ProfileChanges {
  readonly firstName?: string | null | undefined
  readonly lastName?: string | null | undefined
  readonly timeZone?: string | null | undefined
  readonly locale?: string | null | undefined
}

export interface UpdateProfilePorts extends ArrivalPorts {
  readonly db: Database
  readonly directory: ClerkDirectory | null
}

const longestName = 100

/**
 * Changes what a person says of themselves. Names belong to Clerk where a secret key is set: they are changed there
 * first, and the row then shows the state that Clerk answered with, so that the webhook that follows finds nothing to
 * undo. If Clerk does not answer, nothing is changed at all; if we stop right after, its webhook brings the names.
 *
 * Throws InvalidInput, ProviderUnavailable, and Unauthenticated for somebody who was deleted meanwhile.
 */
export async function updateProfile(
  ports: UpdateProfilePorts,
  { person, changes, now }: { person: { id: string; clerkId: string | null }; changes: ProfileChanges; now: Date },
): Promise<void> {
  const names = checkNames(changes)
  const own = checkOwn(changes)
  const { db, directory } = ports
  const { id, clerkId } = person
  const isClerks = directory !== null && clerkId !== null && Object.keys(names).length > 0
  const user = isClerks ? await changeAtClerk(directory, clerkId, names) : null

  await db.transaction(async (tx) => {
    if (user) await applyClerkUser(tx, ports, { user, version: versionOfAnswer(user), saidAt: now, now })
    const { count } = await tx.user.updateMany({
      where: { id, standing: { notIn: ['DELETING', 'DELETED'] } },
      data: { ...(user ? {} : names), ...own },
    })
    if (count === 0) throw new Unauthenticated('invalid')
  })
}

type Names = Partial<Record<'firstName' | 'lastName', string | null>>

async function changeAtClerk(directory: ClerkDirectory, clerkId: string, names: Names): Promise<ClerkUser> {
  try {
    const user = await directory.updateNames(clerkId, names)
    if (!user) throw new Unauthenticated('invalid')
    return user
  } catch (error) {
    if (!(error instanceof ClerkRefused)) throw error
    throw InvalidInput.at(['input'], `The name was refused: ${error.message}`)
  }
}

function checkNames({ firstName, lastName }: ProfileChanges): Names {
  return {
    ...(firstName === undefined ? {} : { firstName: checkName(firstName, 'firstName') }),
    ...(lastName === undefined ? {} : { lastName: checkName(lastName, 'lastName') }),
  }
}

function checkName(name: string | null, field: string): string | null {
  const trimmed = name?.trim() ?? ''
  const path = ['input', field]
  if ([...trimmed].length > longestName) throw InvalidInput.at(path, `A name has up to ${longestName} characters.`)
  if (!trimmed.isWellFormed() || /\p{Cc}/u.test(trimmed)) {
    throw InvalidInput.at(path, 'The name holds a control character or half a character.')
  }
  return trimmed || null
}

function checkOwn({ timeZone, locale }: ProfileChanges): Prisma.UserUpdateManyMutationInput {
  return {
    ...(timeZone === undefined ? {} : { timeZone: timeZone === null ? 'UTC' : checkTimeZone(timeZone) }),
    ...(locale === undefined ? {} : { locale: locale === null ? 'en' : checkLocale(locale) }),
  }
}

/** As IANA spells it. An offset (+09:00) names no place, and would be an hour off for half of the year. */
function checkTimeZone(name: string): string {
  const refused = () => InvalidInput.at(['input', 'timeZone'], 'This is not an IANA time zone such as Europe/Berlin.')
  if (!/^[A-Za-z]/.test(name) || name.length > 100) throw refused()
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId
  } catch {
    throw refused()
  }
}

function checkLocale(tag: string): string {
  try {
    if (tag.length > 100) throw new RangeError()
    return Intl.getCanonicalLocales(tag)[0] ?? 'en'
  } catch {
    throw InvalidInput.at(['input', 'locale'], 'This is not a BCP 47 language tag such as de or pt-BR.')
  }
}
