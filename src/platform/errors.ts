import { english, formatMessage, type Localization } from './messages/format-message.ts'
import type { Message } from './messages/message.ts'
import { platformMessages } from './messages/platform-messages.ts'

/**
 * An expected failure that is part of the API: a stable code for programs and a message for users. A domain extends it
 * in its own errors.ts; the classes here are shared by all domains. `message` is in English, for logs and the CLI.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string
  /** What the error says, in every language. */
  readonly text: Message

  constructor(text: Message, options?: ErrorOptions) {
    super(formatMessage(text, english), options)
    this.text = text
  }

  /** The message in the user's language. */
  messageFor(localization: Localization): string {
    return formatMessage(this.text, localization)
  }
}

export interface InputIssue {
  /** The path of the invalid argument, outermost first: ['input', 'filename']. */
  readonly path: readonly string[]
  readonly text: Message
}

/** The input is not valid. Each issue names an argument and says how to correct it. */
export class InvalidInput extends DomainError {
  readonly code = 'INVALID_INPUT'
  readonly issues: readonly InputIssue[]

  readonly #isRelative: boolean

  constructor(issues: readonly InputIssue[], { isRelative = false } = {}) {
    super(platformMessages.invalidInput())
    this.issues = issues
    this.message = this.messageFor(english)
    this.#isRelative = isRelative
  }

  /** A problem at a path of the arguments, for the edge. */
  static at(path: readonly string[], text: Message): InvalidInput {
    return new InvalidInput([{ path, text }])
  }

  /**
   * A problem with a field of a command's input, with a field within it (its path), or with all of the input (null). The
   * edge adds the path of the input.
   */
  static of(field: string | readonly string[] | null, text: Message): InvalidInput {
    const path = field === null ? [] : typeof field === 'string' ? [field] : field
    return new InvalidInput([{ path, text }], { isRelative: true })
  }

  /** Problems by the field of a command's input; null where there is none. Returns null without any problem. */
  static ofFields(problems: Readonly<Record<string, Message | null>>): InvalidInput | null {
    const issues = Object.entries(problems).flatMap(([field, text]) => (text === null ? [] : [{ path: [field], text }]))
    return issues.length === 0 ? null : new InvalidInput(issues, { isRelative: true })
  }

  /** The same with complete paths, where the input is the argument of this name. */
  within(argument: string): InvalidInput {
    if (!this.#isRelative) return this
    return new InvalidInput(this.issues.map(({ path, text }) => ({ path: [argument, ...path], text })))
  }

  /** All problems. */
  override messageFor(localization: Localization): string {
    const problems = this.issues.map(({ text }) => formatMessage(text, localization))
    return problems.join(' ') || super.messageFor(localization)
  }
}

/**
 * Runs the checks of all fields of a command's input, and returns their results. Throws one InvalidInput with the problems
 * of all of them, so that a client can show them at once.
 */
export function checkAll<Results extends object>(
  checks: {
    readonly [Field in keyof Results]: () => Results[Field]
  },
): Results {
  const results: Partial<Results> = {}
  const issues: InputIssue[] = []
  for (const field of Object.keys(checks) as (keyof Results)[]) {
    try {
      results[field] = checks[field]()
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      issues.push(...error.issues)
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues, { isRelative: true })
  return results as Results
}

/** The object does not exist or belongs to another user. Clients cannot tell the two cases apart. */
export class NotFound extends DomainError {
  readonly code = 'NOT_FOUND'
}

/** The user does not have permission; an admin has. */
export class Forbidden extends DomainError {
  readonly code = 'FORBIDDEN'
}

/** The idempotency key was already used with a different input. */
export class IdempotencyConflict extends DomainError {
  readonly code = 'IDEMPOTENCY_CONFLICT'

  constructor() {
    super(platformMessages.idempotencyConflict())
  }
}

/** The database does not respond in time. The request may or may not have been carried out. */
export class ServiceUnavailable extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE'

  constructor() {
    super(platformMessages.serviceUnavailable())
  }
}

interface ProviderUnavailableOptions {
  readonly cause?: unknown
  readonly retryAt?: Date | null
  /** Default: that the provider is temporarily unavailable. */
  readonly text?: Message
}

/** A provider (the bucket, Clerk, …) does not respond or refuses temporarily. Nothing was changed; a retry is safe. */
export class ProviderUnavailable extends DomainError {
  readonly code = 'PROVIDER_UNAVAILABLE'
  readonly provider: string
  readonly retryAt: Date | null

  /** @param provider a name that users know, or 'fileStore' */
  constructor(provider: string, { cause, retryAt, text }: ProviderUnavailableOptions = {}) {
    super(text ?? platformMessages.providerUnavailable({ provider }), { cause })
    this.provider = provider
    this.retryAt = retryAt ?? null
  }
}
