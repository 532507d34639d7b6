import { expect, test } from 'vitest'
import { withoutSilence } from './without-silence.ts'

const silences = [
  { startSeconds: 10, endSeconds: 14 },
  { startSeconds: 15, endSeconds: 20 },
]

test.each<[string, number, number, boolean]>([
  ['in a silence', 11, 13, false],
  ['of which 80 % are in a silence', 9, 14, false],
  ['of which less is in a silence', 8.99, 14, true],
  ['of which 80 % are in two silences', 10, 20, false],
  ['in speech', 0, 5, true],
  ['that touches a silence', 5, 10, true],
  ['without a length in a silence', 12, 12, false],
  ['without a length in speech', 14.5, 14.5, true],
])('a segment %s', (_, startSeconds, endSeconds, isKept) => {
  const segments = [{ startSeconds, endSeconds, text: 'Thanks for listening!', words: [] }]
  const kept = withoutSilence({ language: 'en', segments }, silences)
  expect(kept).toEqual({ language: 'en', segments: isKept ? segments : [] })
})
