import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { largestDocuments, repeat } from '../../testing/largest-documents.ts'
import { checkSize } from './document-size.ts'

test.each(largestDocuments)('is as large as a document may be: %s', (_about, text) => {
  expect(() => checkSize(parse(text))).not.toThrow()
})

test.each([
  ['495 times one field', `{ ${'me{id}'.repeat(495)} }`],
  [
    'as many in fragments',
    `{ ${repeat(50, (n) => `...F${n}`)} } ${repeat(50, (n) => `fragment F${n} on Query { ${'me{id}'.repeat(7)} }`)}`,
  ],
])('what takes longer to validate is refused before: %s', (_about, text) => {
  expect(() => checkSize(parse(text))).toThrow(/are allowed. Ask for less at once./)
})
