import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText, graphemesOf, isRightToLeft, unitsOf } from './break-lines.ts'
import { columnsOf } from './cues.ts'
import { fitText } from './fit-text.ts'

/** Half a square for each column. */
const measure = (text: string, size: number) => columnsOf(text) * size * 0.5
const limits = { width: 900, height: 500, maxSize: 90, minSize: 30, lineHeight: 1.3, maxLines: 10 }
const linesOf = (text: string, changed = {}) =>
  fitText(text, { ...limits, ...changed }, measure).lines.map((line) => line.text)

describe('lines break', () => {
  it('between words of Korean only, never within them', () => {
    expect(unitsOf('오늘의 이야기는, 끝!').map(({ text }) => text)).toEqual(['오늘의', '이야기는,', '끝!'])
    const lines = linesOf('오늘의 이야기는 아주 길고 길어서 화면을 가득 채우는 제목이 되었습니다')
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join(' ')).toBe('오늘의 이야기는 아주 길고 길어서 화면을 가득 채우는 제목이 되었습니다')
  })

  it('between words of Japanese and Chinese, not before punctuation', () => {
    const units = unitsOf('今日は、天気がいいです。「はい」').map(({ text }) => text)
    expect(units.length).toBeGreaterThan(3)
    expect(units.filter((unit) => /^[、。」]/u.test(unit))).toEqual([])
    expect(units.filter((unit) => /「$/u.test(unit))).toEqual([])
  })

  it('within a word that is wider than a line, never within a character', () => {
    const family = '👩‍👩‍👧‍👦'
    const lines = linesOf(family.repeat(60), { maxSize: 60, minSize: 60 })
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.every((line) => graphemesOf(line).every((grapheme) => grapheme === family))).toBe(true)
  })

  it('so that lines are about equally long', () => {
    const widths = fitText(
      '가나 다라 마바 사아 자차 카타 파하 거너 더러',
      { ...limits, maxSize: 90, minSize: 90 },
      measure,
    ).lines.map(({ width }) => width)
    expect(Math.min(...widths) / Math.max(...widths)).toBeGreaterThan(0.6)
  })
})

describe('text fits', () => {
  it('in the largest size that it fits in', () => {
    expect(fitText('짧은 제목', limits, measure).size).toBe(90)
    const long = fitText('가나다라마바사아자차카타파하'.repeat(20).slice(0, 200), limits, measure)
    expect(long.isCut).toBe(false)
    expect(long.size).toBeLessThan(60)
    expect(graphemesOf(long.lines.map(({ text }) => text).join(''))).toHaveLength(200)
  })

  it('and ends in an ellipsis where it is too long for the smallest', () => {
    const cut = fitText('가나다라 '.repeat(300), limits, measure)
    expect(cut.isCut).toBe(true)
    expect(cut.lines.at(-1)?.text).toMatch(/…$/u)
  })

  it('whatever it is', () => {
    const anyCharacter = fc.constantFrom(
      '가',
      '나',
      'a',
      'W',
      ' ',
      '漢',
      'か',
      '、',
      '(',
      '👩‍👩‍👧‍👦',
      'ש',
      'م',
      '\u0301',
      '…',
      '\u200d',
    )
    const anyText = fc.string({ unit: anyCharacter, maxLength: 200 })
    fc.assert(
      fc.property(anyText, fc.integer({ min: 200, max: 1_000 }), (text, width) => {
        const fitted = fitText(cleanText(text), { ...limits, width }, measure)
        for (const line of fitted.lines) expect(line.width).toBeLessThanOrEqual(width + 1)
        expect(fitted.lines.length * fitted.lineHeight).toBeLessThanOrEqual(limits.height + 1)
      }),
      { numRuns: 40 },
    )
  })
})

it('reads the direction from most letters', () => {
  expect(isRightToLeft('Pacer עם שלום עולם')).toBe(true)
  expect(isRightToLeft('שלום hello world')).toBe(false)
  expect(isRightToLeft('2024 (한글)')).toBe(false)
})

it('removes what would change other text', () => {
  expect(cleanText('  a\u202eb\u0000c\n\nd  ')).toBe('ab c d')
})
