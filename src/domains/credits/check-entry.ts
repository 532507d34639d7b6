import { InvalidInput } from '../../platform/errors.ts'

/** What the ledger's own keys begin with: a caller's key among them would stand in their way. */
const reserved = /^(hold|capture|release|refund|revoke|expiry|settlement):/

/** Keys are the code's own and never a client's as it is, so one that does not fit is a mistake of ours. */
export function checkKey(key: string): void {
  if (key === '' || key.length > 400 || reserved.test(key)) throw new RangeError(`No key of a caller: "${key}".`)
}

/** Credits are whole and more than none. */
export function checkAmount(amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 1 && amount <= 2_147_483_647) return
  throw InvalidInput.at(['input', 'amount'], 'An amount of credits is a whole number of 1 or more.')
}
