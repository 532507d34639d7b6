import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { largestDocuments, repeat } from '../../testing/largest-documents.ts'
import { checkSize } from './document-size.ts'

test.each(largestDocuments)('accepts a document at the limits: %s', (_about, text) => {
  expect(() => checkSize(parse(text))).not.toThrow()
})

test.each([
  ['one field 495 times', `{ ${'me{id}'.repeat(495)} }`],
  [
    '350 fields of one name in fragments',
    `{ ${repeat(50, (n) => `...F${n}`)} } ${repeat(50, (n) => `fragment F${n} on Query { ${'me{id}'.repeat(7)} }`)}`,
  ],
])('rejects a document that takes longer to validate: %s', (_about, text) => {
  expect(() => checkSize(parse(text))).toThrow(/the maximum is \d+. Split it into smaller operations./)
})
