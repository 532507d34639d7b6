import { readdir, readFile } from 'node:fs/promises'

/**
 * The resident memory of a process and its descendants, in bytes; pages that they share count for each. A process whose
 * parent has ended is not counted. Null where the process has ended, or the system has no /proc, as macOS.
 *
 * By the parents' lists of their children: to look for the members of a group in all of /proc took 30 ms of CPU for 159
 * processes.
 */
export async function readTreeMemory(pid: number): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
    const children = await Promise.all((await childrenOf(pid)).map(readTreeMemory))
    return children.reduce<number>((sum, bytes) => sum + (bytes ?? 0), own)
  } catch {
    return null
  }
}

/** Each thread has a list of the children that it started. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''))
  return (await Promise.all(lists)).flatMap((list) => list.split(' ').filter(Boolean).map(Number))
}
