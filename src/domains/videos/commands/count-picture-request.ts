import type { Database } from '../../../platform/database/db.ts'

/** What Pexels allows. */
const perHour = 200
const perMonth = 20_000

const hourMs = 3_600_000

/** How many requests to a source are left in this hour and in this month. */
export async function remainingPictureRequests(
  { prisma }: Pick<Database, 'prisma'>,
  { source, now }: { readonly source: string; readonly now: Date },
): Promise<{ readonly hour: number; readonly month: number }> {
  const quota = await prisma.pictureQuota.findUnique({ where: { source } })
  const { hour, month } = windowsAt(now)
  return {
    hour: perHour - (quota && quota.hourStartsAt >= hour ? quota.hourUsed : 0),
    month: perMonth - (quota && quota.monthStartsAt >= month ? quota.monthUsed : 0),
  }
}

/** The starts of the hour and month, of UTC. */
function windowsAt(now: Date): { readonly hour: Date; readonly month: Date } {
  return {
    hour: new Date(Math.floor(now.getTime() / hourMs) * hourMs),
    month: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())),
  }
}

/**
 * Counts one request to a source of pictures. Returns null, or when the next request is allowed if too many were counted
 * in this hour or month. One conditional statement decides, so that all processes together never exceed the limits. A
 * process whose clock is behind counts in the window of the others.
 */
export async function countPictureRequest(
  { prisma }: Pick<Database, 'prisma'>,
  { source, now }: { readonly source: string; readonly now: Date },
): Promise<Date | null> {
  const { hour, month } = windowsAt(now)
  const counted = await prisma.$executeRaw`
    INSERT INTO picture_quotas AS quota (source, hour_starts_at, hour_used, month_starts_at, month_used)
    VALUES (${source}, ${hour}, 1, ${month}, 1)
    ON CONFLICT (source) DO UPDATE SET
      hour_used = CASE WHEN quota.hour_starts_at < excluded.hour_starts_at THEN 1 ELSE quota.hour_used + 1 END,
      hour_starts_at = GREATEST(quota.hour_starts_at, excluded.hour_starts_at),
      month_used = CASE WHEN quota.month_starts_at < excluded.month_starts_at THEN 1 ELSE quota.month_used + 1 END,
      month_starts_at = GREATEST(quota.month_starts_at, excluded.month_starts_at)
    WHERE (quota.hour_starts_at < excluded.hour_starts_at OR quota.hour_used < ${perHour})
      AND (quota.month_starts_at < excluded.month_starts_at OR quota.month_used < ${perMonth})`
  if (counted === 1) return null
  const { hourStartsAt, monthStartsAt, monthUsed } = await prisma.pictureQuota.findUniqueOrThrow({ where: { source } })
  if (monthUsed < perMonth) return new Date(hourStartsAt.getTime() + hourMs)
  return new Date(Date.UTC(monthStartsAt.getUTCFullYear(), monthStartsAt.getUTCMonth() + 1))
}
