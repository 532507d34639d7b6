import type { Tx } from '../../platform/database/db.ts'
import type { Message } from '../../platform/messages/message.ts'
import { maxUploadByteSize } from './part-size.ts'

/** An upload whose file was requested, in the transaction that inserts its row. */
export interface RequestedUpload {
  readonly id: string
  readonly userId: string
  /** The id of the row that the file belongs to, from the request; null where the request names none. */
  readonly targetId: string | null
  readonly now: Date
}

/** An argument of requestUpload that names the row that a file belongs to. */
export interface UploadTarget {
  /** The field of RequestUploadInput: activityId. */
  readonly field: string
  /** The GraphQL type whose global id it takes: Activity. */
  readonly type: string
  readonly description: string
  /** The message if it is set for another kind of file. */
  readonly refusal: Message
}

/**
 * A kind of files, declared by the domain that owns them. The callbacks run in the upload's own transaction, after the
 * upload's row is locked.
 */
export interface UploadKindDefinition {
  /** The value of the enum UploadKind: ACTIVITY. */
  readonly kind: string
  /** The description of the enum value. */
  readonly description: string
  readonly maxByteSize: number
  /** The media types that files are stored with. */
  readonly contentTypes: readonly string[]
  /** Other media types that clients declare for such files, each with the one of `contentTypes` that is stored for it. */
  readonly otherContentTypes?: Readonly<Record<string, string>>
  /** The media type that is stored for a file that is requested without one; null if one is required. */
  readonly defaultContentType: string | null
  /** Whether the file is of this kind, by its first 64 KiB and its stored media type. */
  recognise(firstBytes: Uint8Array, contentType: string): boolean | Promise<boolean>
  /** The argument by which a request names a row that the file belongs to. Omit it if files of this kind belong to no row. */
  readonly target?: UploadTarget
  /** A file was requested. Throws NotFound and InvalidInput for a target that cannot take it. */
  onRequested?(tx: Tx, upload: RequestedUpload): Promise<void>
  /** The file was accepted: it is stored and of this kind. */
  onCompleted?(tx: Tx, upload: { readonly id: string; readonly userId: string }): Promise<void>
  /** The upload was not completed in time. */
  onExpired?(tx: Tx, upload: { readonly id: string; readonly userId: string }): Promise<void>
}

/** Declares a kind of files; a domain lists it as `uploadKinds` in its domain.ts. */
export function defineUploadKind(definition: UploadKindDefinition): UploadKindDefinition {
  const { kind, maxByteSize } = definition
  if (maxByteSize > maxUploadByteSize) {
    throw new Error(
      `Uploads of kind ${kind} can have at most ${maxUploadByteSize} bytes: the bucket joins no more parts.`,
    )
  }
  return definition
}

/** The kinds that all domains declare. */
export interface UploadKinds {
  /** Throws if no domain declares the kind. The GraphQL enum accepts no others. */
  get(kind: string): UploadKindDefinition
}

/** @param declared called on each use: higher domains declare their kinds after uploads is built. */
export function uploadKindsOf(declared: () => readonly UploadKindDefinition[]): UploadKinds {
  return {
    get(kind) {
      const definition = declared().find((candidate) => candidate.kind === kind)
      if (!definition) throw new Error(`No domain declares uploads of kind ${kind}.`)
      return definition
    },
  }
}
