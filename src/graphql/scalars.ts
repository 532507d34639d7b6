import { GraphQLError, Kind, type ValueNode } from 'graphql'
import { z } from 'zod'

/** What the builder knows of our scalars: `Input` is what resolvers get, `Output` what they return. */
export type Scalars = {
  ID: { Input: string; Output: string }
  DateTime: { Input: Date; Output: Date }
  SafeInt: { Input: number; Output: number | bigint }
  URL: { Input: string; Output: string }
  Date: { Input: string; Output: string }
}

const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

/** Years 1 to 9999: what both ISO 8601 (four digits) and Postgres can say. */
export function isSayable(instant: Date): boolean {
  return earliest <= instant.getTime() && instant.getTime() <= latest
}

const earliest = Date.parse('0001-01-01T00:00:00.000Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(isSayable)
const day = z.iso.date()
const absoluteUrl = z.url()

/** Reads by a zod schema, from variables and from literals alike. */
function reader<Value>(schema: z.ZodType<Value, unknown>, expected: string) {
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

/** A year outside four digits, or no date at all, has no ISO form that clients could read back. */
function serializeInstant(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new TypeError('DateTime must be a valid Date.')
}

function serializeSafeInt(value: unknown): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new TypeError('SafeInt must be a whole number up to 2^53 - 1.')
  return number
}

export const scalars = {
  DateTime: {
    description: 'An instant, ISO 8601, UTC, milliseconds: 2026-11-21T09:30:00.000Z.',
    serialize: serializeInstant,
    ...reader(instant, 'an instant such as 2026-11-21T09:30:00.000Z'),
  },
  SafeInt: {
    description: 'A whole number up to 2^53 - 1; byte counts need it.',
    serialize: serializeSafeInt,
    ...reader(z.int(), 'a whole number up to 2^53 - 1'),
  },
  URL: {
    description: 'An absolute URL.',
    serialize: String,
    ...reader(absoluteUrl, 'an absolute URL'),
  },
  Date: {
    description: 'A day, YYYY-MM-DD.',
    serialize: String,
    ...reader(day, 'a day such as 2026-11-21'),
  },
}
