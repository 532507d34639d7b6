import Negotiator from 'negotiator'
import type { User } from '../generated/prisma/client.ts'
import { type Localization, localizationOfLocale } from '../platform/messages/format-message.ts'
import { type Language, languages } from '../platform/messages/message.ts'

/** Browsers send fewer than 100 characters. */
const maxHeaderLength = 1_000

/**
 * How a requester reads messages. The locale that the user has chosen decides, then the header Accept-Language; English
 * where neither names a language of the product. Without a user, instants are in UTC.
 *
 * @param acceptLanguage the header's value
 */
export function localizationOf(
  acceptLanguage: string | null,
  user: Pick<User, 'chosenLocale' | 'timeZone'> | null,
): Localization {
  const timeZone = user?.timeZone ?? 'UTC'
  const chosen = user?.chosenLocale
  if (!chosen) {
    const language = acceptedLanguage(acceptLanguage)
    return { language, locale: language, timeZone }
  }
  return localizationOfLocale(chosen, timeZone)
}

function acceptedLanguage(header: string | null): Language {
  if (header === null || header.length > maxHeaderLength) return 'en'
  const [best] = new Negotiator({ headers: { 'accept-language': header } }).languages([...languages])
  return languages.find((language) => language === best) ?? 'en'
}
