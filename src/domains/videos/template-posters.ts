import packageJson from '../../../package.json' with { type: 'json' }
import { memoize } from '../../platform/memoize.ts'
import type { Bucket, SignedRequest } from '../uploads/index.ts'
import type { TemplateInfo } from './ports.ts'

/** Where the poster of a template is in the bucket. A release may draw templates differently, so each has its own. */
export function templatePosterKey(templateKey: string): string {
  return `video-templates/${packageJson.version}/${templateKey}.jpg`
}

export interface TemplatePosters {
  /** Asks the bucket at most once a minute until the poster exists. */
  exists(templateKey: string): Promise<boolean>
  /** A short-lived URL of the poster. Null where it was not drawn yet, or the bucket does not respond. */
  sign(templateKey: string, validity: { readonly now: Date; readonly seconds: number }): Promise<SignedRequest | null>
}

/** Anyone can ask for the templates. */
const askedEveryMs = 60_000

export function createTemplatePosters(bucket: Bucket, templates: readonly TemplateInfo[]): TemplatePosters {
  const drawn = new Set<string>()
  const asks = new Map(
    templates.map(({ key }) => [
      key,
      memoize(askedEveryMs, async () => {
        if ((await bucket.head(templatePosterKey(key))) !== null) drawn.add(key)
      }),
    ]),
  )
  const exists = async (key: string) => {
    if (!drawn.has(key)) await asks.get(key)?.()
    return drawn.has(key)
  }
  return {
    exists,
    async sign(key, validity) {
      const isDrawn = await exists(key).catch(() => false)
      return isDrawn ? bucket.signGet(templatePosterKey(key), validity) : null
    },
  }
}
