import { joinPurchases, type PurchasePorts } from '../domains/billing/index.ts'
import { bringLegacyCredits, giveSignUpGift } from '../domains/credits/index.ts'
import type { Emails, OnArrival } from '../domains/users/index.ts'

export interface ArrivalGifts {
  readonly signUpCredits: number
  readonly emails: Emails
  readonly purchases: PurchasePorts
}

/**
 * Whoever is new gets the gift for signing up; people of the older system bring what they had there; what was bought in
 * their name before becomes theirs. Purchases first: they are locked before wallets.
 */
export function createOnArrival({ signUpCredits, emails, purchases }: ArrivalGifts): OnArrival {
  return async (tx, { userId, email, isNew, now }) => {
    await joinPurchases(tx, purchases, { userId, now })
    if (!isNew) return bringLegacyCredits(tx, { userId, now })
    const addressHash = email === null ? null : emails.erasedHashOf(email)
    await giveSignUpGift(tx, { amount: signUpCredits, userId, addressHash, now })
  }
}
