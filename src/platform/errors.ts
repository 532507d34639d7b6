/**
 * An expected failure: part of the API, with a code for programs and a sentence for people. A domain's own failures
 * extend it in the domain's errors.ts; the ones here are shared by all.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string
}

export interface InputIssue {
  /** Where in the input, from the outside in: ['input', 'filename']. */
  readonly path: readonly string[]
  readonly message: string
}

/** What was sent does not fit; every issue says where and how to mend it. */
export class InvalidInput extends DomainError {
  readonly code = 'INVALID_INPUT'
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[]) {
    super(issues.map((issue) => issue.message).join(' ') || 'The input is not valid.')
    this.issues = issues
  }

  static at(path: readonly string[], message: string): InvalidInput {
    return new InvalidInput([{ path, message }])
  }
}

/** It does not exist, or is not this person's: the two look the same from outside. */
export class NotFound extends DomainError {
  readonly code = 'NOT_FOUND'

  constructor(what: string) {
    super(`There is no such ${what}.`)
  }
}

/** The person may not do it, whoever else may. */
export class Forbidden extends DomainError {
  readonly code = 'FORBIDDEN'

  constructor(what: string) {
    super(`Only admins may ${what}.`)
  }
}

/** The key was used before, for something else. */
export class IdempotencyConflict extends DomainError {
  readonly code = 'IDEMPOTENCY_CONFLICT'

  constructor() {
    super('This idempotency key was used with another input. Use a new key for a new request.')
  }
}

/** What everything here needs, the database, does not answer in time. What was asked may have been done. */
export class ServiceUnavailable extends DomainError {
  readonly code = 'SERVICE_UNAVAILABLE'

  constructor() {
    super('The server cannot answer at the moment. Try again shortly; what has an idempotency key is not done twice.')
  }
}

/** A provider (the bucket, Clerk, …) does not answer or refuses for now; nothing was done and it can be tried again. */
export class ProviderUnavailable extends DomainError {
  readonly code = 'PROVIDER_UNAVAILABLE'
  readonly retryAt: Date | null

  constructor(provider: string, options: { cause?: unknown; retryAt?: Date | null } = {}) {
    super(`${provider} does not answer at the moment. Try again shortly.`)
    this.cause = options.cause
    this.retryAt = options.retryAt ?? null
  }
}
