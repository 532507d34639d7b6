import { describe, expect, test } from 'vitest'
import { spreadText } from './spread-text.ts'

const path = ['transcript', 'text']
const times = (text: string, durationSeconds: number, silences: [number, number][] = []) => {
  const probe = {
    durationSeconds,
    silences: silences.map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds })),
  }
  return spreadText(text, probe, path).segments.map((each) => [each.startSeconds, each.endSeconds, each.text])
}

describe('spreadText', () => {
  test('gives each line of the text time by its length', () => {
    expect(times('abc\r\n\nabcdefghi', 12)).toEqual([
      [0, 3, 'abc'],
      [3, 12, 'abcdefghi'],
    ])
    expect(times('한글\nabcd', 8)).toEqual([
      [0, 4, '한글'],
      [4, 8, 'abcd'],
    ])
  })

  test('leaves silences out: a segment ends before one, and the next starts after it', () => {
    expect(
      times('aa\nbb\ncc', 12, [
        [0, 1],
        [3, 5],
        [7, 8],
        [10, 12],
      ]),
    ).toEqual([
      [1, 3, 'aa'],
      [5, 7, 'bb'],
      [8, 10, 'cc'],
    ])
  })

  test('continues over a silence within a segment', () => {
    expect(times('aaaa', 6, [[2, 4]])).toEqual([[0, 6, 'aaaa']])
  })

  test('uses all of the audio where it is silent', () => {
    expect(times('a\nb', 4, [[0, 4]])).toEqual([
      [0, 2, 'a'],
      [2, 4, 'b'],
    ])
  })

  test('refuses a text that is empty or longer than 50,000 characters', () => {
    const probe = { durationSeconds: 60, silences: [] }
    expect(() => spreadText(' \n', probe, path)).toThrow('The transcript has no text.')
    expect(() => spreadText('a'.repeat(50_001), probe, path)).toThrow('The maximum is 50,000 characters.')
  })

  test('takes less than ten seconds for the longest text and an hour with many silences', () => {
    const silences = Array.from({ length: 4_000 }, (_, at) => ({ startSeconds: at * 0.9, endSeconds: at * 0.9 + 0.8 }))
    const start = performance.now()
    expect(spreadText('a\n'.repeat(25_000), { durationSeconds: 3_600, silences }, path).segments).toHaveLength(25_000)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
