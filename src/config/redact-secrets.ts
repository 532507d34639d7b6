import type { Environment } from './env.ts'
import { allSettings } from './settings.ts'
import { percentDecoded, splitList } from './value-schemas.ts'

/** A shorter part of a secret looks like any other word. */
const shortestPart = 6

/**
 * Returns a function that replaces the secrets of this environment in a text: the whole value of each secret variable, each
 * entry of a list, the password of a URL, the value of a header. For texts from elsewhere, such as errors of libraries,
 * which may quote what they were given.
 */
export function secretRedactor(environment: Environment): (text: string) => string {
  const secrets = allSettings.flatMap(({ name, secret }) => {
    const value = environment[name]
    return secret && value !== undefined ? [value, ...partsOf(value).filter((part) => part.length >= shortestPart)] : []
  })
  const pattern = new RegExp(
    // Longest first, so that no rest of a secret remains where another one begins like it.
    [...new Set(secrets)]
      .sort((one, other) => other.length - one.length)
      .map((secret) => RegExp.escape(secret))
      .join('|') || '(?!)',
    'g',
  )
  return (text) => text.replace(pattern, '[secret]')
}

function partsOf(value: string): string[] {
  const parts = value.includes('://') && URL.canParse(value) ? [new URL(value).password] : splitList(value)
  const headerValues = parts.flatMap((part) => /^[\w-]+=(.*[^=].*)$/s.exec(part)?.[1]?.trim() ?? [])
  return [...parts, ...headerValues].flatMap((part) => [part, percentDecoded(part)])
}
