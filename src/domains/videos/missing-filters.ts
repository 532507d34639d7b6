import { memoize } from '../../platform/memoize.ts'
import type { VideoRenderer } from './ports.ts'

/** The filters of templates that ffmpeg lacks; null where there is no ffmpeg. */
export type MissingFilters = () => Promise<readonly string[] | null>

const inspectMs = 10_000
/** Anyone can ask for the templates, and asking ffmpeg starts two processes. */
const keptMs = 5 * 60_000

export function missingFiltersOf(videoRenderer: Pick<VideoRenderer, 'inspect'>): MissingFilters {
  return memoize(keptMs, async () => {
    try {
      return (await videoRenderer.inspect({ signal: AbortSignal.timeout(inspectMs) })).missingFilters
    } catch {
      return null
    }
  })
}
