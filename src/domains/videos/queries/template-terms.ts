import { TemplateUnavailable } from '../errors.ts'
import type { TemplateInfo } from '../ports.ts'
import type { VideosServices } from '../services.ts'

type Vendors = Pick<VideosServices, 'videoRenderer' | 'transcriber' | 'planner' | 'pictureSearch' | 'missingFilters'>

export function findTemplate({ videoRenderer }: Pick<Vendors, 'videoRenderer'>, key: string): TemplateInfo | null {
  return videoRenderer.templates.find((template) => template.key === key) ?? null
}

interface Request {
  /** There is a transcript already, so none has to be made. */
  readonly hasTranscript: boolean
}

/**
 * The setting that is missing for a template: the name of an environment variable, or the filters that the server's ffmpeg
 * lacks. Null where the template is available.
 */
export async function missingSetting(
  vendors: Vendors,
  { needs, ffmpegFilters }: TemplateInfo,
  { hasTranscript }: Request = { hasTranscript: false },
): Promise<string | null> {
  if (needs.includes('transcript') && !hasTranscript && !vendors.transcriber) return 'GROQ_API_KEY'
  if (needs.includes('pictures')) {
    if (!vendors.planner) return 'GOOGLE_API_KEY'
    if (!vendors.pictureSearch) return 'PEXELS_API_KEY'
  }
  const missingFilters = await vendors.missingFilters()
  if (missingFilters === null) return 'FFMPEG_PATH'
  const lacking = ffmpegFilters.filter((filter) => missingFilters.includes(filter))
  return lacking.length > 0 ? `ffmpeg (${lacking.join(', ')})` : null
}

/** Throws TemplateUnavailable. */
export async function checkAvailable(vendors: Vendors, template: TemplateInfo, request: Request): Promise<void> {
  const setting = await missingSetting(vendors, template, request)
  if (setting !== null) throw new TemplateUnavailable(template.key, setting)
}
