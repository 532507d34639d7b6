import { Command } from 'commander'
import { vi } from 'vitest'
import type { App } from '../app/app.ts'

export interface CommandResult {
  /** What the command wrote to standard output. */
  readonly output: string
  /** What the command wrote to standard error. */
  readonly errors: string
  /** The message of the error that the command threw; main.ts prints it and exits with 1. */
  readonly failure: string | null
  readonly exitCode: typeof process.exitCode
}

/** Runs a CLI command in this process and captures its output. Restores `process.exitCode`. */
export async function runCommand(
  addCommands: (program: Command) => void,
  args: readonly string[],
): Promise<CommandResult> {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addCommands(program)
  process.exitCode = undefined
  try {
    const failure = await program.parseAsync(args, { from: 'user' }).then(
      () => null,
      (error: Error) => error.message,
    )
    return { output: textOf(output), errors: textOf(errors), failure, exitCode: process.exitCode }
  } finally {
    process.exitCode = undefined
    output.mockRestore()
    errors.mockRestore()
  }
}

const textOf = ({ mock }: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
  mock.calls.map(([text]) => String(text)).join('')

/** An `open` for commands under test: the command gets this app and does not close it. */
export const keepOpen = (app: App) => async (): Promise<App> => ({
  ...app,
  [Symbol.asyncDispose]: async () => undefined,
})
