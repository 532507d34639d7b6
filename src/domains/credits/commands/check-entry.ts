import { InvalidInput } from '../../../platform/errors.ts'
import { creditMessages } from '../messages.ts'

/** Prefixes of the ledger's own keys. Callers must not use them: their keys could equal one of the ledger. */
const reserved = /^(hold|capture|release|refund|revoke|expiry|settlement):/

/** Throws RangeError for an invalid key. Keys are made by the server, never taken from a client, so it is a bug here. */
export function checkKey(key: string): void {
  if (key === '' || key.length > 400 || reserved.test(key)) throw new RangeError(`Invalid ledger key: "${key}".`)
}

/** Throws InvalidInput unless the amount is a positive 32-bit integer. */
export function checkAmount(amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 1 && amount <= 2_147_483_647) return
  throw InvalidInput.of('amount', creditMessages.invalidAmount())
}
