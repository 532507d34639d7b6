import { expect, test } from 'vitest'
import { createWordFinder } from './find-words.ts'
import { allowedWords, forbiddenWords } from './forbidden-words.ts'

const find = createWordFinder(forbiddenWords)
const wordsOf = (text: string) => find(text).map(({ word }) => word)

test.each([
  ['/** The client is gone. */', ['gone']],
  ['const isGone = connection_gone || GONE', ['gone', 'gone', 'gone']],
  ['import { x } from "./stand-in.ts"; new StandIn()', ['stand in', 'stand in']],
  ['// Somebody else gets NOT_FOUND, as if it\n// did not exist.', ['as if it did not exist']],
  ['/**\n * Twice\n * is as once.\n */', ['twice is as once']],
  ['-- lapses for\n-- good', ['lapses', 'for good']],
  ['onHTTPGone', ['gone']],
])('finds in %j: %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words)
})

test.each([
  'investigate, aggregate, propagate, navigation, a gateway',
  'elapsed, a client, believe, headroom, indoors, applies',
  'for (good of all)',
  'db.watch(subject)',
  'The front ends use it. It responds with HTTP 410 Gone, in any order of arrival.',
  'me { lapsingCredits { amount } }',
])('finds nothing in %j', (text) => {
  expect(wordsOf(text)).toEqual([])
})

test('says where, and what to use', () => {
  expect(find('one\ntwo\n  the lies')).toEqual([expect.objectContaining({ word: 'lies', line: 3 })])
  expect(find('a lapsed key')[0]?.use).toContain('expire')
})

test('every exception has a reason', () => {
  for (const { word, why } of allowedWords) {
    expect(forbiddenWords.flatMap(({ words }) => words)).toContain(word)
    expect(why).toMatch(/^[A-Z].*\.$/)
  }
})
