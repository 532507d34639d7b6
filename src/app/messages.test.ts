import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, it, test } from 'vitest'
import { english, formatMessage } from '../platform/messages/format-message.ts'
import { languages, type MessageValues, type Texts, textsOfCatalogue } from '../platform/messages/message.ts'
import { platformMessages } from '../platform/messages/platform-messages.ts'
import { domains } from './domains.ts'

const catalogues = [platformMessages, ...domains.flatMap(({ messages }) => messages)]
const all = catalogues.flatMap((catalogue) => Object.entries<Texts>(catalogue[textsOfCatalogue]))

interface Part {
  readonly type: number
  readonly value?: unknown
  readonly options?: Readonly<Record<string, { readonly value: readonly Part[] }>>
  readonly style?: unknown
}

/** The parts of a text that are not literal, including those in the options of others. */
function placeholdersOf(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => {
    const inner = Object.values(part.options ?? {}).flatMap(({ value }) => placeholdersOf(value))
    return typeof part.value === 'string' && part.type !== 0 ? [part, ...inner] : inner
  })
}

const parse = (text: string) => new IntlMessageFormat(text, 'en').getAst() as unknown as readonly Part[]
const namesIn = (text: string) => [...new Set(placeholdersOf(parse(text)).map(({ value }) => String(value)))].sort()

/** One set of values for each option of each choice, so that every branch is written. */
function valuesFor(text: string): MessageValues[] {
  const placeholders = placeholdersOf(parse(text))
  const choices = placeholders.flatMap(({ value, type, options }) =>
    Object.keys(options ?? {}).map((option) => ({
      [String(value)]: type === 6 ? (option === 'one' ? 1 : 1_234) : option,
    })),
  )
  const base = Object.fromEntries(
    placeholders.map(({ value, type }) => [
      value,
      type === 3 ? new Date(0) : type === 2 || type === 6 ? 1_234 : 'value',
    ]),
  )
  return [base, ...choices.map((choice) => ({ ...base, ...choice }))]
}

describe.each(all)('the message %s', (key, { en, ko }) => {
  it('has the same values in every language', () => {
    expect(namesIn(ko)).toEqual(namesIn(en))
  })

  it('is written in its language, without what is left of its format', () => {
    for (const values of valuesFor(en)) {
      for (const language of languages) {
        const written = formatMessage(
          { key: '', texts: { en, ko }, values },
          { language, locale: language, timeZone: 'Asia/Seoul' },
        )
        expect(written).toMatch(key.endsWith('Name') ? /\S$/ : /[.}:)a-z]$/)
        expect(written).not.toMatch(/[{}]|''|\(을\)|\(를\)|은\(는\)|이\(가\)/)
        expect(/\p{Script=Hangul}/u.test(written)).toBe(language === 'ko')
      }
    }
  })
})

test('every domain declares what it says to users', () => {
  expect(all.length).toBeGreaterThan(80)
  expect(domains.filter(({ name, messages }) => messages.length === 0 && name !== 'videos')).toEqual([])
})

test('instants are local and readable', () => {
  const message = {
    key: 'x',
    texts: { en: 'Wait until {at, date, instant}.', ko: '{at, date, instant}까지 기다리세요.' },
    values: { at: new Date('2026-11-30T15:30:00Z') },
  }
  expect(formatMessage(message, english)).toBe('Wait until Nov 30, 2026, 3:30 PM UTC.')
  const seoul = { language: 'ko', locale: 'ko-KR', timeZone: 'Asia/Seoul' } as const
  expect(formatMessage(message, seoul)).toBe('2026년 12월 1일 오전 12:30 GMT+9까지 기다리세요.')
  const london = { language: 'en', locale: 'en-GB', timeZone: 'Europe/London' } as const
  expect(formatMessage(message, london)).toBe('Wait until 30 Nov 2026, 15:30 GMT.')
})
