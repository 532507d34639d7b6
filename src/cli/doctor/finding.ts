import { ProviderUnavailable } from '../../platform/errors.ts'
import { maskText } from '../../platform/watching/mask-text.ts'
import { within } from '../../platform/within.ts'
import { oneLine } from '../terminal/one-line.ts'
import { isNoAnswer } from './no-answer.ts'

/** One line of what the doctor says. */
export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly about: string
  /** What to do; '' where nothing is to be done. */
  readonly todo: string
}

/** Whom a check asks. */
export interface Asked {
  readonly name: string
  /** What to do where it does not answer: other than where it says no. */
  readonly todo: string
}

export interface Check {
  readonly what: string
  /** What to do where it throws. */
  readonly todo: string
  readonly asks?: Asked
  run(): Promise<readonly Finding[]>
}

export const ok = (what: string, about: string): Finding => ({ what, state: 'ok', about, todo: '' })

export const warning = (what: string, about: string, todo: string): Finding => ({ what, state: 'warning', about, todo })

export const failed = (what: string, about: string, todo: string): Finding => ({ what, state: 'failed', about, todo })

/** RevenueCat may take 16 s until it is given up; a whole run takes no longer than its slowest check. */
const longestMs = 20_000

/** Runs them at once, each bounded in time; the order of the findings is that of the checks. */
export async function runChecks(checks: readonly Check[]): Promise<readonly Finding[]> {
  const found = await Promise.all(
    checks.map(async ({ what, todo, asks, run }) => {
      try {
        return await within(longestMs, run())
      } catch (error) {
        if (!asks || !isNoAnswer(error)) return [failed(what, reasonOf(error), todo)]
        return [failed(what, `${asks.name} does not answer: ${reasonOf(error)}`, asks.todo)]
      }
    }),
  )
  return found.flat()
}

/** Why it failed, in one line and without secrets: an unavailable provider's own words lie in the cause. */
export function reasonOf(error: unknown): string {
  if (error instanceof ProviderUnavailable && error.cause !== undefined) return reasonOf(error.cause)
  if (!(error instanceof Error)) return oneLine(maskText(String(error)), 200)
  const { code, errors: [first] = [] } = error as NodeJS.ErrnoException & { errors?: { message?: string }[] }
  const cause = error.cause instanceof Error ? `: ${reasonOf(error.cause)}` : ''
  const said = [error.message, first?.message].filter(Boolean).join(': ') || code || error.name
  return oneLine(maskText(`${said}${cause}`), 200)
}
