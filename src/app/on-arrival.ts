import { bringLegacyCredits, giveSignUpGift } from '../domains/credits/index.ts'
import type { Emails, OnArrival } from '../domains/users/index.ts'

/** Whoever is new gets the gift for signing up; people of the older system bring what they had there. */
export function createOnArrival({ signUpCredits, emails }: { signUpCredits: number; emails: Emails }): OnArrival {
  return async (tx, { userId, email, isNew, now }) => {
    if (!isNew) return bringLegacyCredits(tx, { userId, now })
    const addressHash = email === null ? null : emails.erasedHashOf(email)
    await giveSignUpGift(tx, { amount: signUpCredits, userId, addressHash, now })
  }
}
