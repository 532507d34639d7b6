import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { inspectProcess } from '../../dev/embedded/processes.ts'

const run = promisify(execFile)
const watchdog = fileURLToPath(new URL('./parent-watchdog.ts', import.meta.url))
const left: number[] = []
afterEach(() => {
  for (const pid of left.splice(0)) if (inspectProcess(pid)) process.kill(-pid, 'SIGKILL')
})

/** A Node process that watches over a detached shell with a child of its own, prints their pids, does `then`, and waits. */
async function owner(child: string, options: string, then = '') {
  const program = `
    import { execFile, spawn } from 'node:child_process'
    import { startParentWatchdog } from ${JSON.stringify(watchdog)}
    const child = spawn('/bin/sh', ['-c', ${JSON.stringify(child)}], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.once('data', (inner) => {
      const watchdog = startParentWatchdog({ pid: child.pid, graceSeconds: 1, ${options} })
      process.stdout.write(JSON.stringify([child.pid, Number(inner)]), () => { ${then} })
      child.stdout.destroy()
      child.unref()
    })`
  const node = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(node.stdout, 'data')
  const [leader, inner]: [number, number] = JSON.parse(String(line))
  left.push(leader)
  return { node, leader, inner }
}

it('never keeps its owner alive, and ends the whole group with it', { timeout: 20_000 }, async () => {
  const { node, leader, inner } = await owner('sleep 60 & echo $!; wait', "signal: 'SIGTERM', group: true")
  await once(node, 'exit')
  await expect.poll(() => [inspectProcess(leader), inspectProcess(inner)], { timeout: 10_000 }).toEqual([null, null])
})

it('kills a process that ignores the first signal', { timeout: 20_000 }, async () => {
  const { leader } = await owner("trap '' INT; echo $$; while :; do sleep 1; done", "signal: 'SIGINT'")
  await expect.poll(() => inspectProcess(leader), { timeout: 10_000 }).toBeNull()
})

it('signals nothing once released', { timeout: 20_000 }, async () => {
  const { node, leader } = await owner('echo $$; sleep 60', "signal: 'SIGTERM'", 'watchdog.release()')
  await once(node, 'exit')
  const processes = async () => (await run('ps', ['-A', '-o', 'args='])).stdout
  await expect.poll(processes, { timeout: 10_000 }).not.toContain(`parent-watchdog ${leader} TERM`)
  expect(inspectProcess(leader)).not.toBeNull()
})
