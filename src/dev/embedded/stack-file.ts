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

/** The addresses of a running development server. */
export type StackAddresses = z.infer<typeof stackFile>

const fileIn = (dataDir: string) => join(dataDir, 'stack.json')

/** Writes the addresses for other processes, atomically. */
export async function writeStackFile(addresses: StackAddresses): Promise<void> {
  const file = fileIn(addresses.dataDir)
  await mkdir(addresses.dataDir, { recursive: true })
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(addresses, null, 2)}\n`)
  await rename(`${file}.${process.pid}`, file)
}

/** Reads what the last server of this folder wrote. That server may have ended without removing the file. */
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
