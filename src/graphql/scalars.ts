import { GraphQLError, Kind, type ValueNode } from 'graphql'
import { z } from 'zod'

/** The types of the scalars for the builder: resolvers receive `Input` and return `Output`. */
export type Scalars = {
  ID: { Input: string; Output: string }
  DateTime: { Input: Date; Output: Date }
  SafeInt: { Input: number; Output: number | bigint }
  URL: { Input: string; Output: string }
  Date: { Input: string; Output: string }
}

const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** Years 1 to 9999, which both ISO 8601 (four digits) and Postgres can represent. */
export function isRepresentable(instant: Date): boolean {
  return earliest <= instant.getTime() && instant.getTime() <= latest
}

const earliest = Date.parse('0001-01-01T00:00:00.000Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(isRepresentable)
const day = z.iso.date()
const absoluteUrl = z.url()

/** The parsers of a scalar, for variables and for literals, from a zod schema. */
function parsersOf<Value>(schema: z.ZodType<Value, unknown>, expected: string) {
  const parseValue = (value: unknown): Value => {
    const result = schema.safeParse(value)
    if (!result.success) throw badInput(`Expected ${expected}.`)
    return result.data
  }
  const parseLiteral = (node: ValueNode): Value => {
    if (node.kind === Kind.INT) return parseValue(Number(node.value))
    return parseValue(node.kind === Kind.STRING ? node.value : undefined)
  }
  return { parseValue, parseLiteral }
}

/** Throws for an invalid date, which has no ISO form. */
function serializeInstant(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new TypeError('DateTime must be a valid Date.')
}

function serializeSafeInt(value: unknown): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new TypeError('SafeInt must be an integer up to 2^53 - 1.')
  return number
}

export const scalars = {
  DateTime: {
    description: 'A date and time in ISO 8601 format, in UTC with milliseconds. Example: 2026-11-21T09:30:00.000Z.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
    serialize: serializeInstant,
    ...parsersOf(instant, 'a date and time such as 2026-11-21T09:30:00.000Z'),
  },
  SafeInt: {
    description: 'An integer up to 2^53 - 1, used for byte counts.',
    specifiedByURL: 'https://tc39.es/ecma262/multipage/numbers-and-dates.html#sec-number.issafeinteger',
    serialize: serializeSafeInt,
    ...parsersOf(z.int(), 'an integer up to 2^53 - 1'),
  },
  URL: {
    description: 'An absolute URL.',
    specifiedByURL: 'https://url.spec.whatwg.org/#absolute-url-string',
    serialize: String,
    ...parsersOf(absoluteUrl, 'an absolute URL'),
  },
  Date: {
    description: 'A calendar date in the format YYYY-MM-DD.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/local-date.html',
    serialize: String,
    ...parsersOf(day, 'a date such as 2026-11-21'),
  },
}
