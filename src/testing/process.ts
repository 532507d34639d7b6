import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
/** Starting a server takes 0.7 s of CPU less with the compiled modules of an earlier start. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/tests', import.meta.url))

export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Everything that it has written to standard output. */
  output(): string
  errors(): string
  /** Resolves to the first match in standard output. Rejects if the program ends without a match. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
}

/** Runs a program of the project (`src/main.ts`, `all`) with this environment, PATH, HOME and a cache of compiled modules. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
    child.emit('output')
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  void ended.then(() => child.emit('output'))

  return {
    pid: child.pid ?? 0,
    output: () => output,
    errors: () => errors,
    ended,
    kill: (signal) => child.kill(signal),
    async waitForOutput(pattern) {
      for (;;) {
        const match = pattern.exec(output)
        if (match) return match
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`The program ended without the output ${pattern}.\n${output}\n${errors}`)
        }
        await once(child, 'output')
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}
