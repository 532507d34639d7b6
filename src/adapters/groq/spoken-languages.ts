/** The languages that Whisper knows, as ISO 639-1 codes, or 639-3 where there is none. */
const codes =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'.split(
    ' ',
  )

/** Names of Whisper that Intl does not have. */
const otherNames: Readonly<Record<string, string>> = {
  bengali: 'bn',
  maori: 'mi',
  myanmar: 'my',
  nynorsk: 'nn',
  tagalog: 'tl',
}

const names = new Intl.DisplayNames('en', { type: 'language' })
const codeByName = new Map([
  ...codes.map((code) => [names.of(code)?.toLowerCase() ?? code, code] as const),
  ...Object.entries(otherNames),
])

/** The code of a language that Whisper names as 'English' or 'en'; null if it is not known. */
export function codeOfLanguage(name: string | null | undefined): string | null {
  const wanted = name?.trim().toLowerCase() ?? ''
  const code = codes.includes(wanted) ? wanted : codeByName.get(wanted)
  // Whisper uses a withdrawn code for Javanese.
  return code === 'jw' ? 'jv' : (code ?? null)
}

/** Whisper's code for a BCP 47 tag; null if Whisper does not know the language. */
export function languageOfTag(tag: string): string | null {
  const [language = ''] = tag.toLowerCase().split('-')
  const code = language === 'jv' ? 'jw' : language === 'nb' ? 'no' : language
  return codes.includes(code) ? code : null
}
