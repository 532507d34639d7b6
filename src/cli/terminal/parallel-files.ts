import { InvalidArgumentError } from 'commander'
import { wholeNumber } from './whole-number.ts'

/** Reads `--parallel`. The bucket client opens 50 connections; more files at once would wait for a connection. */
export function parallelFiles(text: string): number {
  const number = wholeNumber(text)
  if (number < 1 || number > 50) throw new InvalidArgumentError('It must be a number from 1 to 50.')
  return number
}
