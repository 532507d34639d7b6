import type { Prisma } from '../../../generated/prisma/client.ts'
import { checkText } from '../../../platform/check-text.ts'
import { checkAll, InvalidInput } from '../../../platform/errors.ts'
import { versionOfAnswer } from '../clerk-version.ts'
import { Unauthenticated } from '../errors.ts'
import { userMessages } from '../messages.ts'
import { type ClerkDirectory, ClerkRefused, type ClerkUser } from '../ports.ts'
import { knownTimeZone } from '../queries/known-time-zone.ts'
import type { UsersServices } from '../services.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import { runAs, type Viewer } from './run-as.ts'

/** An omitted field is not changed; null clears it. */
export interface ProfileChanges {
  readonly firstName?: string | null | undefined
  readonly lastName?: string | null | undefined
  readonly timeZone?: string | null | undefined
  readonly locale?: string | null | undefined
}

const maxNameLength = 100

/**
 * Updates the profile of a user. Clerk owns the names if a secret key is set: they are changed in Clerk first, and the
 * row then takes the state that Clerk returned, so the webhook that follows changes nothing. If Clerk does not respond,
 * nothing is changed. If the process stops in between, the webhook updates the names.
 *
 * Throws InvalidInput, ProviderUnavailable, and Unauthenticated for a user who was deleted since the request began.
 */
export async function updateProfile(
  services: UsersServices,
  viewer: Viewer,
  { clerkId, changes }: { readonly clerkId: string | null; readonly changes: ProfileChanges },
): Promise<void> {
  const zone = typeof changes.timeZone === 'string' ? await knownTimeZone(services.db, changes.timeZone) : null
  const { names, settings } = checkAll({
    names: () => checkNames(changes),
    settings: () => checkSettings(changes, zone),
  })
  const { directory, clock } = services
  const { id } = viewer
  const changesClerk = directory !== null && clerkId !== null && Object.keys(names).length > 0
  const user = changesClerk ? await updateClerkNames(directory, clerkId, names) : null

  const now = clock()
  await runAs(services, viewer, async (tx) => {
    if (user) await applyClerkUser(tx, services, { user, version: versionOfAnswer(user), reportedAt: now, now })
    const { count } = await tx.user.updateMany({
      where: { id, standing: { notIn: ['DELETING', 'DELETED'] } },
      data: { ...(user ? {} : names), ...settings },
    })
    if (count === 0) throw new Unauthenticated('invalid')
  })
}

type Names = Partial<Record<'firstName' | 'lastName', string | null>>

async function updateClerkNames(directory: ClerkDirectory, clerkId: string, names: Names): Promise<ClerkUser> {
  try {
    const user = await directory.updateNames(clerkId, names)
    if (!user) throw new Unauthenticated('invalid')
    return user
  } catch (error) {
    if (!(error instanceof ClerkRefused)) throw error
    throw InvalidInput.of(null, userMessages.nameRejected({ reason: error.message }))
  }
}

function checkNames({ firstName, lastName }: ProfileChanges): Names {
  return checkAll<Names>({
    ...(firstName === undefined ? {} : { firstName: () => checkName(firstName, 'firstName') }),
    ...(lastName === undefined ? {} : { lastName: () => checkName(lastName, 'lastName') }),
  })
}

function checkName(name: string | null, field: string): string | null {
  const messages = { length: userMessages.nameTooLong({ max: maxNameLength }), invalid: userMessages.invalidName() }
  return checkText(name ?? '', { field, min: 0, max: maxNameLength, ...messages }) || null
}

/** `zone` is the time zone of the changes in its IANA spelling; null where it is unknown. */
function checkSettings({ timeZone, locale }: ProfileChanges, zone: string | null): Prisma.UserUpdateManyMutationInput {
  return checkAll<Pick<Prisma.UserUpdateManyMutationInput, 'timeZone' | 'chosenLocale'>>({
    ...(timeZone === undefined ? {} : { timeZone: () => (timeZone === null ? 'UTC' : checkTimeZone(zone)) }),
    ...(locale === undefined ? {} : { chosenLocale: () => (locale === null ? null : checkLocale(locale)) }),
  })
}

function checkTimeZone(zone: string | null): string {
  if (zone === null) {
    throw InvalidInput.of('timeZone', userMessages.invalidTimeZone())
  }
  return zone
}

function checkLocale(tag: string): string | null {
  try {
    if (tag.length > 100) throw new RangeError()
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    throw InvalidInput.of('locale', userMessages.invalidLocale())
  }
}
