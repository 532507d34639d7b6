import { ProviderUnavailable } from '../../platform/errors.ts'
import { maskText } from '../../platform/observability/mask-text.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { oneLine } from '../terminal/one-line.ts'
import { isServiceUnavailable } from './service-unavailable.ts'

/** A row of the doctor's table. */
export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly about: string
  /** What to do; '' if there is nothing to do. */
  readonly todo: string
}

/** The service that a check sends requests to. */
export interface CheckedService {
  readonly name: string
  /** What to do if the service does not answer. */
  readonly todo: string
}

export interface Check {
  readonly what: string
  /** What to do if the check throws although the service answers. */
  readonly todo: string
  readonly service?: CheckedService
  run(): Promise<readonly Finding[]>
}

export const ok = (what: string, about: string): Finding => ({ what, state: 'ok', about, todo: '' })

export const warning = (what: string, about: string, todo: string): Finding => ({ what, state: 'warning', about, todo })

export const failed = (what: string, about: string, todo: string): Finding => ({ what, state: 'failed', about, todo })

/** RevenueCat's client gives up after up to 16 s. All checks run at once, so this also bounds the whole run. */
const timeoutMs = 20_000

/** Runs all checks at once, each with a timeout. The findings have the order of the checks. */
export async function runChecks(checks: readonly Check[], redact: Redact): Promise<readonly Finding[]> {
  const found = await Promise.all(
    checks.map(async ({ what, todo, service, run }) => {
      try {
        return await withTimeout(timeoutMs, run())
      } catch (error) {
        if (!service || !isServiceUnavailable(error)) return [failed(what, reasonOf(error, redact), todo)]
        return [failed(what, `${service.name} does not answer: ${reasonOf(error, redact)}`, service.todo)]
      }
    }),
  )
  return found.flat()
}

/** Replaces the secrets of the environment in a text. */
export type Redact = (text: string) => string

/** The message of an error in one line, without secrets. Of a ProviderUnavailable it is the message of its cause. */
export function reasonOf(error: unknown, redact: Redact = (text) => text): string {
  // The secrets first: masking leaves half of one that contains a space.
  return oneLine(maskText(redact(messageOf(error))), 200)
}

function messageOf(error: unknown): string {
  if (error instanceof ProviderUnavailable && error.cause !== undefined) return messageOf(error.cause)
  if (!(error instanceof Error)) return String(error)
  const { code, errors: [first] = [] } = error as NodeJS.ErrnoException & { errors?: { message?: string }[] }
  const cause = error.cause instanceof Error ? `: ${messageOf(error.cause)}` : ''
  const message = [error.message, first?.message].filter(Boolean).join(': ') || code || error.name
  return `${message}${cause}`
}
