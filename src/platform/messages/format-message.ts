import { type Formatters, IntlMessageFormat } from 'intl-messageformat'
import { type Language, languages, type Message } from './message.ts'

/** How a user reads messages. */
export interface Localization {
  readonly language: Language
  /** A BCP 47 tag of that language, for dates and numbers: en-GB. */
  readonly locale: string
  /** An IANA name. Instants are written in this time zone, with its name or offset. */
  readonly timeZone: string
}

export const english: Localization = { language: 'en', locale: 'en', timeZone: 'UTC' }

/** How the user who has chosen a locale (BCP 47) reads messages: in English where the product does not have its language. */
export function localizationOfLocale(chosen: string | null, timeZone: string): Localization {
  const language = chosen && languages.find((known) => known === new Intl.Locale(chosen).language)
  return chosen && language ? { language, locale: chosen, timeZone } : { ...english, timeZone }
}

type Parsed = ReturnType<IntlMessageFormat['getAst']>

/** Parsing is the slow part. Catalogues are constant, so this is bounded. */
const parsedTexts = new Map<string, Parsed>()

/** Writes a message in the user's language, with instants in the user's time zone. */
export function formatMessage({ texts, values }: Message, { language, locale, timeZone }: Localization): string {
  const written = new IntlMessageFormat(parsed(texts[language], language), locale, formats, {
    formatters: formattersOf(timeZone),
  }).format(values)
  return String(written)
}

function parsed(text: string, language: Language): Parsed {
  const key = `${language}:${text}`
  const known = parsedTexts.get(key)
  if (known) return known
  const ast = new IntlMessageFormat(text, language).getAst()
  parsedTexts.set(key, ast)
  return ast
}

/** `{at, date, instant}` writes an instant with its time zone, in the order and hour cycle of the locale. */
const formats = {
  date: {
    instant: {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
      timeZoneName: 'short',
    },
  },
} as const

/** The library's own use the time zone of the machine. */
function formattersOf(timeZone: string): Formatters {
  return {
    getNumberFormat: (locales, options) => new Intl.NumberFormat(locales, options as Intl.NumberFormatOptions),
    getDateTimeFormat: (locales, options) => new Intl.DateTimeFormat(locales, { ...options, timeZone }),
    getPluralRules: (...args) => new Intl.PluralRules(...args),
  }
}
