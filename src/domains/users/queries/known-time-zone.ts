import { Temporal } from 'temporal-polyfill'
import type { Database } from '../../../platform/database/db.ts'

/** What Postgres raises for a time zone that it does not have: invalid_parameter_value. */
const unknownZone = '22023'

/**
 * The IANA spelling of a time zone that both JavaScript and Postgres have, since both compute with it; null for any
 * other. Each has zones that the other does not: JavaScript still has US/Pacific-New. An offset (+09:00) is none: with
 * daylight saving time it is wrong for half of the year.
 */
export async function knownTimeZone(db: Pick<Database, 'query'>, name: string): Promise<string | null> {
  const zone = zoneOfJavaScript(name)
  return zone !== null && (await isInPostgres(db, zone)) ? zone : null
}

function zoneOfJavaScript(name: string): string | null {
  if (!/^[A-Za-z]/.test(name) || name.length > 100) return null
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId
  } catch {
    return null
  }
}

/** Not by pg_timezone_names, which reads 600 files. */
async function isInPostgres(db: Pick<Database, 'query'>, zone: string): Promise<boolean> {
  try {
    await db.query('SELECT now() AT TIME ZONE $1::text', [zone])
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === unknownZone) return false
    throw error
  }
}
