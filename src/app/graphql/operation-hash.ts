import { type DocumentNode, print } from 'graphql'
import { sha256 } from './operation-manifest.ts'

const hashes = new WeakMap<DocumentNode, string>()

/** The SHA-256 of a document's text, which is its id as a persisted operation. Computed once per cached document. */
export function operationHash(document: DocumentNode): string {
  const known = hashes.get(document)
  if (known !== undefined) return known
  const hash = sha256(document.loc?.source.body ?? print(document))
  hashes.set(document, hash)
  return hash
}
