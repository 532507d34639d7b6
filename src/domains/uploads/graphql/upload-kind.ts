import type { InputFieldBuilder } from '@pothos/core'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import type { UploadKindDefinition } from '../upload-kinds.ts'

/** The kinds of all domains. Set once, before Pothos evaluates the fields below. */
let declaredKinds: readonly UploadKindDefinition[] = []

/** Adds the enum of all declared kinds of files to the schema. */
export function defineUploadKinds(kinds: readonly UploadKindDefinition[]): void {
  declaredKinds = kinds
  builder.enumType('UploadKind', {
    description: 'The purpose of a file.',
    values: Object.fromEntries(kinds.map(({ kind, description }) => [kind, { description }])),
  })
}

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never

/** The fields of RequestUploadInput that identify the row that a file belongs to, of all declared kinds. */
export function targetFields(t: InputFieldBuilder<Types, 'InputObject'>) {
  const targets = declaredKinds.flatMap(({ target }) => target ?? [])
  return Object.fromEntries(targets.map(({ field, description }) => [field, t.id({ description })]))
}

/** The row's id from the field of the file's kind, or null. Throws InvalidInput where the field of another kind is set. */
export function readTarget(kind: string, input: Readonly<Record<string, unknown>>): string | null {
  for (const { kind: owner, target } of declaredKinds) {
    if (!target || input[target.field] == null) continue
    const id = parseInputId(target.type, String(input[target.field]), target.field)
    if (owner !== kind) throw InvalidInput.of(target.field, target.refusal)
    return id
  }
  return null
}
