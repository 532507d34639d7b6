import { createInterface } from 'node:readline'
import { pipeline, Readable } from 'node:stream'
import { CsvError, type InfoRecord, parse } from 'csv-parse'
import { z } from 'zod'

/** A user of the older system. */
export interface LegacyUser {
  readonly legacyId: string
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly credits: number
}

/** A parsed line, or why it is refused; the reason contains nothing of the line. Lines are counted from 1. */
export type LegacyLine =
  | { readonly line: number; readonly user: LegacyUser }
  | { readonly line: number; readonly refusal: string }

/** What is said about the file as a whole. */
export interface FileNotes {
  /** The names of columns or keys that are ignored; at most 50. */
  readonly unknownColumns: Set<string>
  /** How many users got their first and last name from a column `name`. */
  dividedNames: number
}

export const newNotes = (): FileNotes => ({ unknownColumns: new Set(), dividedNames: 0 })

const maxUnknownColumns = 50

/** The file as a whole cannot be read; the message says why. */
class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** A record with its raw values, or why the line could not be parsed. */
interface RawLine {
  readonly line: number
  readonly values: Readonly<Record<string, unknown>> | string
}

/** Without a limit, a quote that is never closed would read the rest of the file into memory. */
const maxRecordBytes = 1_000_000

/**
 * Reads users from CSV with a header or from JSON lines, detected by the first character; UTF-8. Columns and keys are
 * legacy_id, legacyId or id, email, first_name or firstName, last_name or lastName, name, and credits, in any case and
 * order; others are ignored and noted. A `name` is divided where there is no first and last name. The file is streamed and
 * can have any size.
 */
export async function* readLegacyUsers(bytes: Readable, notes = newNotes()): AsyncGenerator<LegacyLine, void> {
  const { first, all } = await peek(bytes)
  if (first[0] === 0xff || first[0] === 0xfe) throw new UnreadableFile('The file is UTF-16. Save it as UTF-8.')
  const opening = first.toString('utf8').replace('\ufeff', '').trimStart()[0]
  if (opening === '[') throw new UnreadableFile('The file is one JSON array. Write one object on each line instead.')
  for await (const raw of opening === '{' ? jsonLines(all, notes) : csvRecords(all, notes)) yield check(raw, notes)
}

async function peek(bytes: Readable): Promise<{ first: Buffer; all: Readable }> {
  const chunks: AsyncIterator<Buffer> = bytes[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) return { first: Buffer.alloc(0), all: Readable.from([]) }
  async function* all() {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => chunks }
  }
  return { first: first.value, all: Readable.from(all(), { objectMode: false }) }
}

async function* jsonLines(bytes: Readable, notes: FileNotes): AsyncGenerator<RawLine> {
  let line = 0
  for await (const text of createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    const json = text.replace(/^\ufeff/, '')
    if (json.trim() === '') continue
    const value = parseObject(json)
    yield { line, values: value ? named(value, notes) : 'it is not a JSON object' }
  }
}

function named(object: object, notes: FileNotes): Record<string, unknown> {
  const fields = fieldsOf(Object.keys(object), notes)
  return Object.fromEntries(Object.values(object).flatMap((value, at) => (fields[at] ? [[fields[at], value]] : [])))
}

function parseObject(json: string): object | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

async function* csvRecords(bytes: Readable, notes: FileNotes): AsyncGenerator<RawLine> {
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: maxRecordBytes,
    info: true,
    columns: (header: readonly string[]) => columnsOf(header, notes),
  })
  pipeline(bytes, parser, () => undefined)
  let [line, invalidCount] = [1, 0]
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>
      info: InfoRecord
    }>) {
      line = info.lines
      const isInvalid = info.invalid_field_length > invalidCount
      invalidCount = info.invalid_field_length
      yield { line, values: isInvalid ? 'it has more or fewer columns than the header' : record }
    }
  } catch (error) {
    // The message of CsvError quotes the line, which has personal data.
    if (!(error instanceof CsvError)) throw error
    throw new UnreadableFile(
      `After line ${line} a quoted value is never closed. Correct it and import the file again; the lines before it were imported.`,
    )
  }
}

/** The error does not quote the first line: if the header is missing, that line has personal data. */
function columnsOf(header: readonly string[], notes: FileNotes): (string | false)[] {
  // Only the names of a real header may be printed.
  const fields = fieldsOf(header, newNotes())
  if (fields.includes('legacyId')) return fieldsOf(header, notes)
  throw new UnreadableFile(
    'The first line must be a header with legacy_id, email, first_name, last_name (or name) and credits.',
  )
}

const fieldOfName: ReadonlyMap<string, string> = new Map([
  ['legacyid', 'legacyId'],
  ['id', 'legacyId'],
  ['email', 'email'],
  ['firstname', 'firstName'],
  ['lastname', 'lastName'],
  ['name', 'name'],
  ['credits', 'credits'],
])

/** The field of each column; false for ignored and repeated columns. An `id` beside a `legacy_id` is ignored. */
function fieldsOf(names: readonly string[], { unknownColumns }: FileNotes): (string | false)[] {
  const plain = names.map((name) => name.toLowerCase().replaceAll(/[\s_-]/g, ''))
  const known = plain.map((name) => (name === 'id' && plain.includes('legacyid') ? null : fieldOfName.get(name)))
  return known.map((field, at) => {
    if (field && known.indexOf(field) === at) return field
    if (unknownColumns.size < maxUnknownColumns) unknownColumns.add(names[at] ?? '')
    return false
  })
}

/** No control characters, no lone surrogates, no replacement characters of invalid UTF-8. */
const printable = /^[^\p{Cc}\p{Cs}\ufffd]*$/u
const maxCredits = 2 ** 31 - 1

const asText = (value: unknown) => (Number.isSafeInteger(value) ? String(value) : (value ?? ''))
const name = z
  .preprocess(asText, z.string().trim().max(200).regex(printable))
  .transform((text) => text || null)
  .default(null)

const shape = z.object({
  legacyId: z.preprocess(asText, z.string().trim().min(1).max(200).regex(printable)),
  email: z
    .preprocess(asText, z.string().trim().max(254))
    .refine((text) => text === '' || z.regexes.html5Email.test(text))
    .transform((text) => text || null)
    .default(null),
  firstName: name,
  lastName: name,
  name,
  credits: z
    .preprocess(asText, z.string().trim().regex(/^\d*$/))
    .transform(Number)
    .refine((credits) => credits <= maxCredits)
    .default(0),
})

const rules: Readonly<Record<string, string>> = {
  legacyId: 'the legacy id must have 1 to 200 printable characters',
  email: 'the e-mail address is invalid',
  firstName: 'the first name must have at most 200 printable characters',
  lastName: 'the last name must have at most 200 printable characters',
  name: 'the name must have at most 200 printable characters',
  credits: `the credits must be a whole number from 0 to ${maxCredits}`,
}

function check({ line, values }: RawLine, notes: FileNotes): LegacyLine {
  if (typeof values === 'string') return { line, refusal: values }
  const parsed = shape.safeParse(values)
  if (parsed.success) return { line, user: withDividedName(parsed.data, notes) }
  const fields = new Set(parsed.error.issues.map(({ path }) => String(path[0])))
  return { line, refusal: [...fields].map((field) => rules[field] ?? field).join('; ') }
}

/**
 * Divides a full name at its last space: "Mina Kim" is Mina, Kim. A name of one word is a first name. The first and the
 * last name together are the full name again.
 */
function withDividedName({ name: fullName, ...user }: z.infer<typeof shape>, notes: FileNotes): LegacyUser {
  if (fullName === null || user.firstName !== null || user.lastName !== null) return user
  notes.dividedNames += 1
  const at = fullName.search(/\s+\S+$/)
  if (at < 0) return { ...user, firstName: fullName }
  return { ...user, firstName: fullName.slice(0, at), lastName: fullName.slice(at).trim() }
}
