import type { Reader } from '../../../platform/database/db.ts'
import { tierOf } from './plan-of.ts'
import { type Plans, planOfTier, type VideoTerms } from './plans.ts'

/** The price of a video whose template is not named in the plans file. */
const defaultVideoCredits = 10

/** Reads what the plan of a user at `now` allows for videos. */
export async function videoTermsOf(
  { plans }: { readonly plans: Plans },
  db: Reader,
  userId: string,
  now: Date,
): Promise<VideoTerms> {
  return planOfTier(plans, await tierOf(db, plans, userId, now)).videos
}

/** The price of a video with this template, in credits. */
export function videoCreditsOf({ videoCredits }: Plans, templateKey: string): number {
  return (Object.hasOwn(videoCredits, templateKey) ? videoCredits[templateKey] : undefined) ?? defaultVideoCredits
}
