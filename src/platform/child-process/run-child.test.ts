import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inspectProcess } from '../../dev/embedded/processes.ts'
import { ChildFailed } from './child-failed.ts'
import { type RunChildOptions, runChild } from './run-child.ts'

const limits = { wallMs: 30_000, outputBytes: 10_000_000 }

/** Runs a program with plenty of everything; its output is collected. */
function start(command: string, args: readonly string[], options: Partial<RunChildOptions> = {}) {
  const lines: string[] = []
  const abort = new AbortController()
  const onLine = (line: string, stream: string) => lines.push(`${stream}: ${line}`)
  const child = runChild({ command, args, signal: abort.signal, limits, onLine, ...options })
  child.catch(() => undefined)
  onTestFinished(() => abort.abort())
  return { child, lines, abort }
}
const shell = (script: string, options?: Partial<RunChildOptions>) => start('/bin/sh', ['-c', script], options)
const node = (program: string, options?: Partial<RunChildOptions>) => start(process.execPath, ['-e', program], options)

/** The pids that a script has printed as its first lines. */
async function pidsIn(lines: readonly string[], count: number): Promise<number[]> {
  await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count)
  const pids = lines.slice(0, count).map((line) => Number(line.split(' ')[1]))
  onTestFinished(() => {
    for (const pid of pids) if (inspectProcess(pid)) process.kill(pid, 'SIGKILL')
  })
  for (const pid of pids) expect(inspectProcess(pid)).not.toBeNull()
  return pids
}
const haveEnded = (pids: readonly number[]) =>
  expect.poll(() => pids.map(inspectProcess), { timeout: 10_000 }).toEqual(pids.map(() => null))

/** A shell with a child of its own; both print their pids. */
const family = 'echo $$; sleep 60 & echo $!; wait'

describe('a child', () => {
  test('delivers the lines of both streams, and gets its arguments as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pacer-child-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const args = ['$(touch made)', '; touch made', '`touch made`', 'a b', '*', '가']
    const printing = start('printf', ['%s\n', ...args], { cwd: folder })
    expect(await printing.child).toMatchObject({ outputBytes: expect.any(Number), peakMemoryBytes: null })
    expect(printing.lines).toEqual(args.map((arg) => `stdout: ${arg}`))
    expect(await readdir(folder)).toEqual([])

    const both = shell(`printf 'one\\r40 %%\\r50 %%\\r\\n'; printf 'last' >&2`)
    await both.child
    expect(both.lines.toSorted()).toEqual(['stderr: last', 'stdout: 40 %', 'stdout: 50 %', 'stdout: one'])
  })

  test('delivers the bytes of stdout instead, where they are asked for', async () => {
    const chunks: Buffer[] = []
    const { child, lines } = shell(`printf 'a\\000\\377'; echo b >&2`, { onOutput: (chunk) => chunks.push(chunk) })
    await child
    expect(Buffer.concat(chunks)).toEqual(Buffer.from([0x61, 0, 0xff]))
    expect(lines).toEqual(['stderr: b'])
  })

  test('inherits no environment', async () => {
    const { child, lines } = start('env', [], { env: { GIVEN: 'yes' } })
    await child
    expect(lines.toSorted()).toEqual(['stdout: GIVEN=yes', 'stdout: PATH=/usr/local/bin:/usr/bin:/bin'])
  })

  test('reads its input as fast as it can, and need not read all of it', async () => {
    async function* input() {
      for (let n = 0; n < 100; n += 1) yield Buffer.alloc(100_000, 'x')
    }
    const counting = start('wc', ['-c'], { input: input() })
    await counting.child
    expect(counting.lines).toEqual(['stdout: 10000000'])
    await start('true', [], { input: input() }).child
  })

  test('that leaves a process behind ends it with itself', async () => {
    const { child, lines } = shell('sleep 60 & echo $!')
    await child
    const pid = Number(lines[0]?.split(' ')[1])
    await haveEnded([pid])
  })
})

describe('it fails', () => {
  test('where there is no such program', async () => {
    const { child } = start('no-such-program', [])
    await expect(child).rejects.toMatchObject({
      failure: 'not-started',
      message: 'no-such-program could not be started.',
    })
    await expect(child).rejects.toBeInstanceOf(ChildFailed)
  })

  test('where the exit code is not 0, with what it wrote to stderr', async () => {
    await expect(shell('echo first >&2; echo no such codec >&2; exit 3').child).rejects.toMatchObject({
      failure: 'exit',
      exitCode: 3,
      stderr: 'first\nno such codec\n',
      message: '/bin/sh ended with exit code 3: no such codec',
    })
  })

  test('where another process kills it', async () => {
    const failure = { failure: 'killed', signal: 'SIGKILL', exitCode: null }
    await expect(shell('kill -9 $$').child).rejects.toMatchObject(failure)
  })

  test('where the caller cannot take its lines or has no input for it', async () => {
    const onLine = () => {
      throw new Error('The line is none of ours.')
    }
    await expect(shell(family, { onLine }).child).rejects.toThrow('The line is none of ours.')
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    async function* input(): AsyncGenerator<Uint8Array> {
      throw new Error('The file cannot be read.')
    }
    await expect(start('cat', [], { input: input() }).child).rejects.toThrow('The file cannot be read.')
  })
})

describe('its whole group ends', () => {
  test('with the signal, whose reason is the cause', async () => {
    const { child, lines, abort } = shell(family)
    const pids = await pidsIn(lines, 2)
    const reason = new Error('The worker is stopping.')
    abort.abort(reason)
    await expect(child).rejects.toMatchObject({ failure: 'aborted', cause: reason })
    await haveEnded(pids)
    await expect(shell('true', { signal: abort.signal }).child).rejects.toMatchObject({ failure: 'aborted' })
  })

  test('also where it ignores SIGTERM', async () => {
    const { child, lines, abort } = shell(`trap '' TERM; ${family}; sleep 60`)
    const pids = await pidsIn(lines, 2)
    abort.abort()
    await expect(child).rejects.toMatchObject({ failure: 'aborted', signal: 'SIGKILL' })
    await haveEnded(pids)
  })

  test('when its time is over', async () => {
    const { child, lines } = shell(family, { limits: { ...limits, wallMs: 1_000 } })
    const pids = await pidsIn(lines, 2)
    await expect(child).rejects.toMatchObject({ failure: 'wall-time' })
    await haveEnded(pids)
  })

  test('when it writes more than allowed, also where nobody reads it', async () => {
    const { child } = start('yes', [], { limits: { ...limits, outputBytes: 1_000_000 }, onLine: undefined })
    await expect(child).rejects.toMatchObject({ failure: 'output', signal: 'SIGKILL' })
  })

  test.runIf(process.platform === 'linux')(
    'when it uses more memory than allowed, with its own children',
    async () => {
      const memoryBytes = 150_000_000
      const hold = 'globalThis.held = Buffer.alloc(120_000_000, 1); setInterval(() => {}, 1_000)'
      const fits = node(`${hold}; setTimeout(() => process.exit(), 1_500)`, {
        limits: { ...limits, memoryBytes: 400_000_000 },
      })
      expect((await fits.child).peakMemoryBytes).toBeGreaterThan(120_000_000)
      const parent = `console.log(process.pid); const { pid } = require('node:child_process')
      .spawn(process.execPath, ['-e', ${JSON.stringify(hold)}], { stdio: 'ignore' }); console.log(pid)`
      const { child, lines } = node(parent, { limits: { ...limits, memoryBytes } })
      const pids = await pidsIn(lines, 2)
      await expect(child).rejects.toMatchObject({ failure: 'memory', signal: 'SIGKILL' })
      await haveEnded(pids)
    },
    20_000,
  )

  test('with this process, also where that is killed', async () => {
    const runChildFile = fileURLToPath(new URL('./run-child.ts', import.meta.url))
    const program = `
      import { runChild } from ${JSON.stringify(runChildFile)}
      await runChild({
        command: '/bin/sh', args: ['-c', ${JSON.stringify(family)}], signal: new AbortController().signal,
        limits: ${JSON.stringify(limits)}, onLine: (line) => console.log('pid: ' + line) })`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void owner.kill('SIGKILL'))
    const lines: string[] = []
    owner.stdout.on('data', (chunk: Buffer) => lines.push(...String(chunk).trim().split('\n')))
    const pids = await pidsIn(lines, 2)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    await haveEnded(pids)
  }, 20_000)
})
