import { InvalidInput } from '../../../platform/errors.ts'
import { keyProblem } from '../../../platform/idempotency/idempotency.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { uploadMessages } from '../messages.ts'
import { maxSingleRequestByteSize } from '../part-size.ts'
import type { UploadKindDefinition } from '../upload-kinds.ts'
import { withoutBidiControls } from '../without-bidi-controls.ts'

export interface DeclaredFile {
  readonly kind: string
  readonly filename: string
  readonly contentType: string
  /** Bytes. */
  readonly byteSize: number
  readonly contentMd5: string | null
  readonly idempotencyKey: string
}

/**
 * Validates the declared file, sets the media type that is stored, and removes from its name what changes the direction of
 * text. Throws InvalidInput with all invalid fields.
 */
export function checkRequest(file: DeclaredFile, rules: UploadKindDefinition): DeclaredFile {
  const filename = withoutBidiControls(file.filename)
  const contentType = storedType(file.contentType, rules)
  const problems: Record<string, Message | null> = {
    filename: filenameProblem(filename),
    contentType: rules.contentTypes.includes(contentType)
      ? null
      : uploadMessages.unsupportedType({ types: rules.contentTypes.join(', ') }),
    byteSize: sizeProblem(file.byteSize, rules.maxByteSize),
    contentMd5: md5Problem(file),
    idempotencyKey: keyProblem(file.idempotencyKey),
  }
  const invalid = InvalidInput.ofFields(problems)
  if (invalid) throw invalid
  return { ...file, filename, contentType }
}

/** Systems name one format differently: a FIT file is application/fits in Chromium on Linux. Parameters are ignored. */
function storedType(declared: string, { otherContentTypes = {}, defaultContentType }: UploadKindDefinition): string {
  const [type = ''] = declared.toLowerCase().split(';')
  const name = type.trim()
  if (name === '') return defaultContentType ?? ''
  return Object.hasOwn(otherContentTypes, name) ? (otherContentTypes[name] ?? name) : name
}

/** Accepts any Unicode text except control characters, unpaired surrogates and paths. */
function filenameProblem(name: string): Message | null {
  const length = [...name].length
  if (length < 1 || length > 255 || name.length > 510) return uploadMessages.filenameLength()
  if (!name.isWellFormed()) return uploadMessages.filenameUnicode()
  if (/\p{Cc}/u.test(name)) return uploadMessages.filenameControl()
  if (/[/\\]/.test(name) || name === '.' || name === '..') return uploadMessages.filenamePath()
  return null
}

function sizeProblem(byteSize: number, maxByteSize: number): Message | null {
  if (byteSize < 1) return uploadMessages.empty()
  if (byteSize > maxByteSize) return uploadMessages.tooLarge({ mebibytes: maxByteSize / 1024 / 1024 })
  return null
}

function md5Problem({ contentMd5, byteSize }: DeclaredFile): Message | null {
  if (contentMd5 === null) return null
  if (byteSize > maxSingleRequestByteSize) return uploadMessages.md5WithParts()
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(contentMd5) ? null : uploadMessages.invalidMd5()
}
