import type { VideoRenderer } from '../../domains/videos/ports.ts'
import { type Check, ok, warning } from './finding.ts'

const timeoutMs = 10_000

/** Checks that there is an ffmpeg with the filters of all templates of videos. */
export function checkFfmpeg(renderer: Pick<VideoRenderer, 'inspect'>): Check[] {
  const what = 'ffmpeg'
  const todo = 'Install ffmpeg 5 or later where the workers run, or set FFMPEG_PATH. Without it no video can be made.'
  return [
    {
      what,
      todo,
      async run() {
        const { version, missingFilters } = await renderer.inspect({ signal: AbortSignal.timeout(timeoutMs) })
        if (missingFilters.length === 0) return [ok(what, version)]
        const lacks = `${version}, without the filters ${missingFilters.join(', ')}`
        return [warning(what, lacks, 'Install ffmpeg 5 or later: templates that need these filters are unavailable.')]
      },
    },
  ]
}
