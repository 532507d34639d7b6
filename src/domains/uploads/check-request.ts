import type { UploadKind } from '../../generated/prisma/enums.ts'
import { type InputIssue, InvalidInput } from '../../platform/errors.ts'
import { keyProblem } from '../../platform/idempotency/idempotency.ts'
import { kinds, partByteSize } from './kinds.ts'

export interface AnnouncedFile {
  readonly kind: UploadKind
  readonly filename: string
  readonly contentType: string
  /** Bytes. */
  readonly byteSize: number
  readonly contentMd5: string | null
  readonly idempotencyKey: string
}

/** The announced file in the form in which it is stored. Throws InvalidInput that names everything that does not fit. */
export function checkRequest(file: AnnouncedFile): AnnouncedFile {
  const rules = kinds[file.kind]
  const contentType = file.contentType.trim().toLowerCase() || (rules.defaultContentType ?? '')
  const problems: Record<string, string | null> = {
    filename: filenameProblem(file.filename),
    contentType: rules.contentTypes.includes(contentType)
      ? null
      : `The type of such a file must be one of ${rules.contentTypes.join(', ')}.`,
    byteSize: sizeProblem(file.byteSize, rules.maxByteSize),
    contentMd5: md5Problem(file),
    idempotencyKey: keyProblem(file.idempotencyKey),
  }
  const issues: InputIssue[] = Object.entries(problems).flatMap(([field, message]) =>
    message === null ? [] : [{ path: ['input', field], message }],
  )
  if (issues.length > 0) throw new InvalidInput(issues)
  return { ...file, contentType }
}

/** Any Unicode but what no file system shows as a name: control characters, halves of characters, paths. */
function filenameProblem(name: string): string | null {
  const length = [...name].length
  if (length < 1 || length > 255 || name.length > 510) return 'A filename has 1 to 255 characters.'
  if (!name.isWellFormed()) return 'The filename holds half a character (a lone surrogate).'
  if (/\p{Cc}/u.test(name)) return 'The filename holds a control character.'
  if (/[/\\]/.test(name) || name === '.' || name === '..') return 'The filename must be a name, not a path.'
  return null
}

function sizeProblem(byteSize: number, maxByteSize: number): string | null {
  if (byteSize < 1) return 'The file is empty.'
  if (byteSize > maxByteSize) return `The file is too large: at most ${maxByteSize / 1024 / 1024} MiB.`
  return null
}

function md5Problem({ contentMd5, byteSize }: AnnouncedFile): string | null {
  if (contentMd5 === null) return null
  if (byteSize > partByteSize) return 'A file that goes up in parts cannot be announced with an MD5.'
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(contentMd5) ? null : 'An MD5 is 16 bytes, written in base64.'
}
