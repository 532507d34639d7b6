import { z } from 'zod'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/db.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import type { FoundPicture, PictureQuery, PictureSearch, RunOptions } from '../ports.ts'
import { countPictureRequest } from './count-picture-request.ts'

/** The name of the source in counts of requests. */
export const pictureSource = 'Pexels'

/** A request costs the same for any number of pictures; more would only take space. */
const keptCount = 15
const keptDays = 30
const maxKeywordsLength = 100

const pictures: z.ZodType<readonly FoundPicture[]> = z.array(
  z.object({
    id: z.string(),
    downloadUrl: z.string(),
    width: z.number(),
    height: z.number(),
    photographer: z.string(),
    photographerUrl: z.string(),
    sourceUrl: z.string(),
    source: z.string(),
  }),
)

export interface PictureSearchServices {
  readonly db: Pick<Database, 'prisma'>
  readonly clock: Clock
  readonly pictureSearch: Pick<PictureSearch, 'search'>
}

/**
 * Finds at most 15 pictures, best first; none where there are none. Results are kept for 30 days, for all users. Throws
 * ProviderUnavailable with the time of the next request where the limit of the hour or month is reached, and like
 * PictureSearch.
 */
export async function searchPictures(
  { db, clock, pictureSearch }: PictureSearchServices,
  query: PictureQuery,
  { signal }: RunOptions,
): Promise<readonly FoundPicture[]> {
  const { orientation } = query
  const keywords = query.keywords.replace(/\s+/g, ' ').trim().toLowerCase().slice(0, maxKeywordsLength)
  const where = { keywords_orientation: { keywords, orientation } }
  const kept = await db.prisma.pictureSearch.findUnique({ where })
  // Results that an earlier version kept in another form are searched again.
  const known = kept && kept.createdAt >= oldestUsed(clock()) ? pictures.safeParse(kept.results).data : undefined
  if (known) return known

  const countRequest = async () => {
    const retryAt = await countPictureRequest(db, { source: pictureSource, now: clock() })
    if (retryAt)
      throw new ProviderUnavailable(pictureSource, { cause: new Error('the limit of requests is reached'), retryAt })
  }
  const found = await pictureSearch.search({ keywords, orientation, count: keptCount }, { signal, countRequest })
  const result = { results: found.map((picture) => ({ ...picture })), createdAt: clock() }
  await db.prisma.pictureSearch.upsert({ where, create: { keywords, orientation, ...result }, update: result })
  return found
}

/** Results that were kept before are not used. */
export function oldestUsed(now: Date): Date {
  return new Date(now.getTime() - keptDays * 86_400_000)
}
