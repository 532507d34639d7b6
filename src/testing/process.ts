import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))

export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Everything it has written so far. */
  output(): string
  errors(): string
  /** Resolves to the first match in what it writes; rejects when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
}

/** Runs a program of the project (`src/main.ts`, `all`) with this environment and nothing of ours beyond PATH and HOME. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
    child.emit('said')
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  void ended.then(() => child.emit('said'))

  return {
    pid: child.pid ?? 0,
    output: () => output,
    errors: () => errors,
    ended,
    kill: (signal) => child.kill(signal),
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output)
        if (match) return match
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`It ended without saying ${pattern}.\n${output}\n${errors}`)
        }
        await once(child, 'said')
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}
