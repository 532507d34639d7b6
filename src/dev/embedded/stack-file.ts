import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const stackFile = z.object({
  pid: z.number(),
  api: z.string(),
  databaseUrl: z.string(),
  bucketEndpoint: z.string(),
  dataDir: z.string(),
})

/** Where a running development server can be reached. */
export type StackAddresses = z.infer<typeof stackFile>

const fileIn = (dataDir: string) => join(dataDir, 'stack.json')

/** Remembers the addresses for other processes; written whole or not at all. */
export async function writeStackFile(addresses: StackAddresses): Promise<void> {
  const file = fileIn(addresses.dataDir)
  await mkdir(addresses.dataDir, { recursive: true })
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(addresses, null, 2)}\n`)
  await rename(`${file}.${process.pid}`, file)
}

/** What the last server of this folder wrote; it may have been killed since. */
export async function readStackFile(dataDir: string): Promise<StackAddresses | null> {
  try {
    return stackFile.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')))
  } catch {
    return null
  }
}

export async function removeStackFile(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true })
}
