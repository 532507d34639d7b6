import type { Dirent } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LegacyFile } from './move-file.ts'

/** An entry of the legacy folder that is not uploaded. */
export interface SkippedEntry {
  /** Relative to the folder. */
  readonly path: string
  readonly outcome: 'unreadable name' | 'link' | 'same id'
  readonly reason: string
}

/** An entry of the legacy folder. */
export type LegacyEntry = { readonly file: LegacyFile } | SkippedEntry

/** The path of a file relative to the folder. */
export const pathOf = ({ legacyUserId, filename }: Pick<LegacyFile, 'legacyUserId' | 'filename'>) =>
  `${legacyUserId}/${filename}`

const unreadable = (path: string, reason = 'it is not <user>/<activity>.fit'): SkippedEntry => ({
  path,
  outcome: 'unreadable name',
  reason,
})

const link = (path: string): SkippedEntry => ({
  path,
  outcome: 'link',
  reason: 'it is a symbolic link, which is not followed: replace it with its target',
})

/** Yields all entries of `<user>/<activity>.fit`, sorted by name. The file names of one user are in memory at a time. */
export async function* readLegacyFolder(folder: string): AsyncGenerator<LegacyEntry> {
  for (const user of await listFolder(folder)) {
    if (user.isSymbolicLink()) yield link(user.name)
    else if (user.isDirectory()) yield* readUserFolder(folder, user.name)
    else yield unreadable(user.name)
  }
}

/**
 * 1.FIT and 1.fit have the same activity id. The first is uploaded; the other is reported, since it would be skipped
 * silently as already uploaded.
 */
async function* readUserFolder(folder: string, legacyUserId: string): AsyncGenerator<LegacyEntry> {
  const filenames = new Map<string, string>()
  for (const entry of await listFolder(join(folder, legacyUserId))) {
    const found = entryOf(folder, legacyUserId, entry)
    const first = 'file' in found ? filenames.get(found.file.legacyActivityId) : undefined
    if ('file' in found && first === undefined) filenames.set(found.file.legacyActivityId, found.file.filename)
    if (first === undefined) yield found
    else {
      const path = pathOf({ legacyUserId, filename: entry.name })
      yield { path, outcome: 'same id', reason: `${first} has the same id: rename or remove one of them` }
    }
  }
}

/** The number of entries of the folder. */
export async function countLegacyFolder(folder: string): Promise<number> {
  let count = 0
  for (const user of await listFolder(folder)) {
    count += user.isDirectory() ? (await listFolder(join(folder, user.name))).length : 1
  }
  return count
}

async function listFolder(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(`The folder ${folder} cannot be read. Give its path, absolute or relative to ${process.cwd()}.`, {
      cause,
    })
  })
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function entryOf(folder: string, legacyUserId: string, entry: Dirent): LegacyEntry {
  const { name: filename } = entry
  const path = pathOf({ legacyUserId, filename })
  const legacyActivityId = /^(.+)\.fit$/i.exec(filename)?.[1]
  if (entry.isSymbolicLink()) return link(path)
  if (!entry.isFile() || legacyActivityId === undefined) return unreadable(path)
  // readdir replaces bytes that are not UTF-8 by U+FFFD.
  if (/[\p{Cc}\ufffd]/u.test(path)) return unreadable(path, 'its name has control characters or is not UTF-8')
  return { file: { legacyUserId, legacyActivityId, filename, read: () => readFile(join(folder, path)) } }
}
