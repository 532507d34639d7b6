/**
 * An expected failure that is part of the API: a stable code for programs and a message for users. A domain extends it
 * in its own errors.ts; the classes here are shared by all domains.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string
}

export interface InputIssue {
  /** The path of the invalid argument, outermost first: ['input', 'filename']. */
  readonly path: readonly string[]
  readonly message: string
}

/** The input is not valid. Each issue names an argument and says how to correct it. */
export class InvalidInput extends DomainError {
  readonly code = 'INVALID_INPUT'
  readonly issues: readonly InputIssue[]

  readonly #isRelative: boolean

  constructor(issues: readonly InputIssue[], { isRelative = false } = {}) {
    super(issues.map((issue) => issue.message).join(' ') || 'The input is not valid.')
    this.issues = issues
    this.#isRelative = isRelative
  }

  /** A problem at a path of the arguments, for the edge. */
  static at(path: readonly string[], message: string): InvalidInput {
    return new InvalidInput([{ path, message }])
  }

  /** A problem with a field of a command's input, or with all of it (null). The edge adds the path of the input. */
  static of(field: string | null, message: string): InvalidInput {
    return new InvalidInput([{ path: field === null ? [] : [field], message }], { isRelative: true })
  }

  /** Problems by the field of a command's input; null where there is none. Returns null without any problem. */
  static ofFields(problems: Readonly<Record<string, string | null>>): InvalidInput | null {
    const issues = Object.entries(problems).flatMap(([field, message]) =>
      message === null ? [] : [{ path: [field], message }],
    )
    return issues.length === 0 ? null : new InvalidInput(issues, { isRelative: true })
  }

  /** The same with complete paths, where the input is the argument of this name. */
  within(argument: string): InvalidInput {
    if (!this.#isRelative) return this
    return new InvalidInput(this.issues.map(({ path, message }) => ({ path: [argument, ...path], message })))
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

  /** `advice` is a further sentence that says what to do. */
  constructor(resource: string, advice?: string) {
    super(`The ${resource} was not found.${advice === undefined ? '' : ` ${advice}`}`)
  }
}

/** The user does not have permission; an admin has. */
export class Forbidden extends DomainError {
  readonly code = 'FORBIDDEN'

  /** `action` completes the sentence "Only admins can …". */
  constructor(action: string) {
    super(`Only admins can ${action}.`)
  }
}

/** The idempotency key was already used with a different input. */
export class IdempotencyConflict extends DomainError {
  readonly code = 'IDEMPOTENCY_CONFLICT'

  constructor() {
    super('The idempotency key was already used with a different input. Use a new key for a new request.')
  }
}

/** The database does not respond in time. The request may or may not have been carried out. */
export class ServiceUnavailable extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE'

  constructor() {
    super(
      'The server cannot respond at the moment. Try again shortly. A request with an idempotency key is not carried out twice.',
    )
  }
}

/** A provider (the bucket, Clerk, …) does not respond or refuses temporarily. Nothing was changed; a retry is safe. */
export class ProviderUnavailable extends DomainError {
  readonly code = 'PROVIDER_UNAVAILABLE'
  readonly retryAt: Date | null

  constructor(provider: string, options: { cause?: unknown; retryAt?: Date | null } = {}) {
    super(`${provider} is temporarily unavailable. Try again shortly.`)
    this.cause = options.cause
    this.retryAt = options.retryAt ?? null
  }
}
