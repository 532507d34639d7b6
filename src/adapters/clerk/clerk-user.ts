import type { EmailAddress, PhoneNumber, User } from '@clerk/backend'
import { z } from 'zod'
import type { ClerkUser } from '../../domains/users/ports.ts'
import { storable } from '../../platform/database/storable.ts'

const text = z.string().nullish().catch(null)
const flag = z.boolean().nullish().catch(null)

/** Some examples in Clerk's documentation have seconds; real deliveries have milliseconds. */
export const instant = z
  .number()
  .int()
  .min(0)
  .max(8.64e15)
  .transform((value) => new Date(value < 1e11 ? value * 1_000 : value))

/** A user in the data of a webhook: snake_case. Missing and invalid fields other than ids and dates become null. */
const webhookUser = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  external_id: text,
  email_addresses: z
    .array(
      z.looseObject({
        id: text,
        email_address: text,
        verification: z.looseObject({ status: text }).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
  primary_email_address_id: text,
  phone_numbers: z
    .array(z.looseObject({ phone_number: text, verification: z.looseObject({ status: text }).nullish().catch(null) }))
    .nullish()
    .catch(null),
  first_name: text,
  last_name: text,
  username: text,
  image_url: text,
  banned: flag,
  locked: flag,
  lockout_expires_in_seconds: z.number().min(0).max(1e9).nullish().catch(null),
  created_at: instant.nullish().catch(null),
  updated_at: instant,
})

/** The user of a user.created or user.updated event. Throws without an id or without the date that orders updates. */
export function userOfWebhook(data: unknown): ClerkUser {
  const user = webhookUser.parse(data)
  return toClerkUser({
    clerkId: user.id,
    externalId: user.external_id,
    addresses: (user.email_addresses ?? []).map((address) => ({
      id: address.id,
      email: address.email_address,
      isVerified: address.verification?.status === 'verified',
    })),
    primaryAddressId: user.primary_email_address_id,
    phones: (user.phone_numbers ?? []).map((phone) => ({
      number: phone.phone_number,
      isVerified: phone.verification?.status === 'verified',
    })),
    firstName: user.first_name,
    lastName: user.last_name,
    username: user.username,
    imageUrl: user.image_url,
    banned: user.banned,
    locked: user.locked,
    lockoutSeconds: user.lockout_expires_in_seconds,
    createdAt: user.created_at ?? user.updated_at,
    updatedAt: user.updated_at,
  })
}

/** The user as Clerk's library returns it: camelCase. */
export function userOfLibrary(user: User): ClerkUser {
  return toClerkUser({
    clerkId: user.id,
    externalId: user.externalId,
    addresses: user.emailAddresses.map((address: EmailAddress) => ({
      id: address.id,
      email: address.emailAddress,
      isVerified: address.verification?.status === 'verified',
    })),
    primaryAddressId: user.primaryEmailAddressId,
    phones: user.phoneNumbers.map((phone: PhoneNumber) => ({
      number: phone.phoneNumber,
      isVerified: phone.verification?.status === 'verified',
    })),
    firstName: user.firstName,
    lastName: user.lastName,
    username: user.username,
    imageUrl: user.imageUrl,
    banned: user.banned,
    locked: user.locked,
    lockoutSeconds: user.raw?.lockout_expires_in_seconds ?? null,
    createdAt: new Date(user.createdAt),
    updatedAt: new Date(user.updatedAt),
  })
}

type Text = string | null | undefined

interface UserFields {
  readonly clerkId: string
  readonly externalId: Text
  readonly addresses: readonly { readonly id: Text; readonly email: Text; readonly isVerified: boolean }[]
  readonly primaryAddressId: Text
  readonly phones: readonly { readonly number: Text; readonly isVerified: boolean }[]
  readonly firstName: Text
  readonly lastName: Text
  readonly username: Text
  readonly imageUrl: Text
  readonly banned: boolean | null | undefined
  readonly locked: boolean | null | undefined
  readonly lockoutSeconds: number | null | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/**
 * The primary address is the one with the primary id. There may be none; the first address is not a substitute. Anyone
 * can enter any address, so an unverified one is not the user's.
 */
function toClerkUser(fields: UserFields): ClerkUser {
  const { addresses, primaryAddressId, phones } = fields
  const primary = primaryAddressId ? addresses.find(({ id }) => id === primaryAddressId) : undefined
  return {
    clerkId: fields.clerkId,
    externalId: storable(fields.externalId),
    email: primary?.isVerified ? storable(primary.email) : null,
    verifiedEmails: addresses.flatMap(({ email, isVerified }) => (isVerified ? (storable(email) ?? []) : [])),
    verifiedPhones: phones.flatMap(({ number, isVerified }) => (isVerified ? (storable(number) ?? []) : [])),
    firstName: storable(fields.firstName),
    lastName: storable(fields.lastName),
    username: storable(fields.username),
    imageUrl: storable(fields.imageUrl),
    banned: fields.banned ?? false,
    locked: fields.locked ?? false,
    lockoutSeconds: fields.lockoutSeconds ?? null,
    createdAt: fields.createdAt,
    updatedAt: fields.updatedAt,
  }
}
