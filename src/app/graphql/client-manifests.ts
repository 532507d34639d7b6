import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError, type EnvironmentCheck } from '../../config/config.ts'
import { splitList } from '../../config/value-schemas.ts'

/** The text of each operation by its id, as clients send the id. */
export type Manifest = ReadonlyMap<string, string>

const id = z.string().min(1).max(200)
const text = z.string().min(1)

/** The file of @apollo/generate-persisted-query-manifest. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id, body: text })),
})

/** The files of the Relay compiler and of GraphQL Code Generator's client preset (persisted-documents.json). */
const textsById = z.record(id, text)

/** Reads the manifests of front ends, the files of PERSISTED_MANIFESTS. Throws a ConfigError that names each invalid file. */
export function readClientManifests(paths: readonly string[]): Manifest {
  const { manifest, problems } = readAll(paths)
  if (problems.length > 0) throw new ConfigError(problems)
  return manifest
}

/** For the start of a process, so that an invalid file is reported with all other problems of the environment. */
export const checkManifests: EnvironmentCheck = ({ PERSISTED_MANIFESTS }) =>
  readAll(splitList(PERSISTED_MANIFESTS ?? '')).problems

function readAll(paths: readonly string[]): { readonly manifest: Manifest; readonly problems: readonly string[] } {
  const manifest = new Map<string, string>()
  const problems: string[] = []
  for (const path of paths) {
    const read = readManifestFile(path)
    if (typeof read === 'string') {
      problems.push(`PERSISTED_MANIFESTS: the file ${path} ${read}.`)
      continue
    }
    for (const [key, document] of read) {
      const known = manifest.get(key)
      if (known !== undefined && known !== document) {
        problems.push(`PERSISTED_MANIFESTS: the file ${path} has another text for the id ${key} than a file before it.`)
      }
      manifest.set(key, document)
    }
  }
  return { manifest, problems }
}

/** The operations of the file, or what is wrong with it. */
function readManifestFile(path: string): readonly (readonly [string, string])[] | string {
  const json = readJson(path)
  if (json === 'unreadable') return 'cannot be read'
  if (json === 'invalid') return 'is not valid JSON'
  const apollo = apolloManifest.safeParse(json.value)
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body])
  const plain = textsById.safeParse(json.value)
  if (plain.success) return Object.entries(plain.data)
  return 'is neither a manifest of Apollo nor an object of texts by id, as Relay and the client preset write it'
}

function readJson(path: string): { readonly value: unknown } | 'unreadable' | 'invalid' {
  let source: string
  try {
    source = readFileSync(path, 'utf8')
  } catch {
    return 'unreadable'
  }
  try {
    return { value: JSON.parse(source) }
  } catch {
    return 'invalid'
  }
}
