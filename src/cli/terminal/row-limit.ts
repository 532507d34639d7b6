import { InvalidArgumentError } from 'commander'

/** Reads the maximum number of rows of a list. */
export function rowLimit(text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 1_000) throw new InvalidArgumentError('It is a number from 1 to 1000.')
  return number
}
