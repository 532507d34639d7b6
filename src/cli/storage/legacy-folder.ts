import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LegacyFile } from '../../domains/activities/index.ts'

/** What lies in an older system's folder, from it on: a recording, or what no recording can be called. */
export type LegacyEntry = { readonly file: LegacyFile } | { readonly path: string; readonly problem: string }

/** Where it lies, from the folder on. */
export const pathOf = ({ legacyUserId, filename }: Pick<LegacyFile, 'legacyUserId' | 'filename'>) =>
  `${legacyUserId}/${filename}`

const layout = 'it is not <user>/<activity>.fit'

/** Every file of `<user>/<activity>.fit`, in the order of their names; a person's names are in memory at a time. */
export async function* readLegacyFolder(folder: string): AsyncGenerator<LegacyEntry> {
  for (const person of await listed(folder)) {
    if (!person.isDirectory()) {
      yield { path: person.name, problem: layout }
      continue
    }
    for (const entry of await listed(join(folder, person.name))) yield entryOf(folder, person.name, entry)
  }
}

/** How many entries there are. */
export async function countLegacyFolder(folder: string): Promise<number> {
  let count = 0
  for (const person of await listed(folder)) {
    count += person.isDirectory() ? (await listed(join(folder, person.name))).length : 1
  }
  return count
}

async function listed(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(`The folder ${folder} cannot be read. Say where it is, from ${process.cwd()} on.`, { cause })
  })
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function entryOf(folder: string, legacyUserId: string, entry: Dirent): LegacyEntry {
  const { name: filename } = entry
  const path = pathOf({ legacyUserId, filename })
  const legacyActivityId = /^(.+)\.fit$/i.exec(filename)?.[1]
  if (!entry.isFile() || legacyActivityId === undefined) return { path, problem: layout }
  // U+FFFD stands where the name is no UTF-8.
  if (/[\p{Cc}\ufffd]/u.test(path)) return { path, problem: 'its name holds what no text holds' }
  return { file: { legacyUserId, legacyActivityId, filename, read: () => readFile(join(folder, path)) } }
}
