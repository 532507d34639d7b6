import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** A test run has up to 20 databases of 10 MB at a time, and up to 1 GB of WAL. */
const requiredBytes = 3 * 1_024 ** 3

/**
 * Creates the data folder of a test run's Postgres, in memory if there is enough: cloning a database, 1,000 files, takes
 * 14 ms in memory and 300 ms on a disk.
 */
export async function makeDataFolder(): Promise<string> {
  return (await folderInMemory()) ?? mkdtemp(join(tmpdir(), 'pacer-test-'))
}

async function folderInMemory(): Promise<string | null> {
  try {
    const { bavail, bsize } = await statfs(memory)
    return bavail * bsize < requiredBytes ? null : await mkdtemp(join(memory, 'pacer-test-'))
  } catch {
    return null
  }
}
