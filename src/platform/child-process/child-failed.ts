/**
 * Why a child process did not end well.
 * - `not-started`: there is no such program, or it may not be run.
 * - `exit`: it ended with another exit code than 0.
 * - `killed`: another process ended it by a signal; mostly the kernel, for want of memory.
 * - `aborted`: the caller's signal; its reason is the `cause`.
 * - `wall-time`, `output`, `memory`: it exceeded that limit.
 */
export type ChildFailure = 'not-started' | 'exit' | 'killed' | 'aborted' | 'wall-time' | 'output' | 'memory'

export interface ChildFailedDetails {
  readonly failure: ChildFailure
  /** Null where a signal ended it, or it was not started. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** The last 2,000 characters that it wrote to stderr. May name files; never contains the arguments by itself. */
  readonly stderr: string
}

/** A child process that did not end with exit code 0. */
export class ChildFailed extends Error implements ChildFailedDetails {
  readonly failure: ChildFailure
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string

  constructor(command: string, details: ChildFailedDetails, options?: ErrorOptions) {
    super(messageOf(command, details), options)
    this.name = 'ChildFailed'
    this.failure = details.failure
    this.exitCode = details.exitCode
    this.signal = details.signal
    this.stderr = details.stderr
  }
}

function messageOf(command: string, { failure, exitCode, signal, stderr }: ChildFailedDetails): string {
  const said = stderr.trim().split('\n').at(-1)
  switch (failure) {
    case 'not-started':
      return `${command} could not be started.`
    case 'exit':
      return `${command} ended with exit code ${exitCode}${said ? `: ${said}` : '.'}`
    case 'killed':
      return `${command} was ended by ${signal}, which this process did not send.`
    case 'aborted':
      return `${command} was ended: the signal was aborted.`
    case 'wall-time':
      return `${command} was ended: it took longer than allowed.`
    case 'output':
      return `${command} was ended: it wrote more than allowed.`
    case 'memory':
      return `${command} was ended: it used more memory than allowed.`
  }
}
