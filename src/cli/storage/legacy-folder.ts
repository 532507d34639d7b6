import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LegacyFile } from '../../domains/activities/index.ts'

/** Why something in an older system's folder is no recording to be moved. */
export interface Passed {
  readonly path: string
  readonly what: 'unreadable name' | 'link' | 'same id'
  readonly why: string
}

/** What lies there, from the folder on. */
export type LegacyEntry = { readonly file: LegacyFile } | Passed

/** Where it lies, from the folder on. */
export const pathOf = ({ legacyUserId, filename }: Pick<LegacyFile, 'legacyUserId' | 'filename'>) =>
  `${legacyUserId}/${filename}`

const unreadable = (path: string, why = 'it is not <user>/<activity>.fit'): Passed => ({
  path,
  what: 'unreadable name',
  why,
})

const link = (path: string): Passed => ({
  path,
  what: 'link',
  why: 'it is a symbolic link, and none is followed: put what it names in its place',
})

/** Every file of `<user>/<activity>.fit`, in the order of their names; a person's names are in memory at a time. */
export async function* readLegacyFolder(folder: string): AsyncGenerator<LegacyEntry> {
  for (const person of await listed(folder)) {
    if (person.isSymbolicLink()) yield link(person.name)
    else if (person.isDirectory()) yield* readPerson(folder, person.name)
    else yield unreadable(person.name)
  }
}

/** Of names that differ in their ending only, 1.FIT and 1.fit, the first is the activity of that id; the other would be lost. */
async function* readPerson(folder: string, legacyUserId: string): AsyncGenerator<LegacyEntry> {
  const filenames = new Map<string, string>()
  for (const entry of await listed(join(folder, legacyUserId))) {
    const found = entryOf(folder, legacyUserId, entry)
    const first = 'file' in found ? filenames.get(found.file.legacyActivityId) : undefined
    if ('file' in found && first === undefined) filenames.set(found.file.legacyActivityId, found.file.filename)
    if (first === undefined) yield found
    else {
      const path = pathOf({ legacyUserId, filename: entry.name })
      yield { path, what: 'same id', why: `${first} has its id: give one of them another name, or remove it` }
    }
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
  if (entry.isSymbolicLink()) return link(path)
  if (!entry.isFile() || legacyActivityId === undefined) return unreadable(path)
  // U+FFFD stands where the name is no UTF-8.
  if (/[\p{Cc}\ufffd]/u.test(path)) return unreadable(path, 'its name holds what no text holds')
  return { file: { legacyUserId, legacyActivityId, filename, read: () => readFile(join(folder, path)) } }
}
