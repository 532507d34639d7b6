import { z } from 'zod'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { VideoOptions } from './options.ts'
import type { Attribution, AudioProbe, TimeRange, Transcript, VideoPlan } from './ports.ts'

/** A scene whose picture is in the bucket, under its number. */
export interface StoredScene extends TimeRange {
  readonly attribution: Attribution
}

const timeRange = { startSeconds: z.number(), endSeconds: z.number() }

const probe: z.ZodType<AudioProbe> = z.object({
  container: z.enum(['mp3', 'wav', 'mov']),
  durationSeconds: z.number(),
  silences: z.array(z.object(timeRange)),
})

const transcript: z.ZodType<Transcript> = z.object({
  language: z.string().nullable(),
  segments: z.array(
    z.object({
      ...timeRange,
      text: z.string(),
      words: z.array(z.object({ ...timeRange, text: z.string() })),
    }),
  ),
})

const plan: z.ZodType<VideoPlan> = z.object({
  title: z.string().nullable(),
  scenes: z.array(z.object({ ...timeRange, keywords: z.string() })),
})

const attribution: z.ZodType<Attribution> = z.object({
  photographer: z.string(),
  photographerUrl: z.string(),
  sourceUrl: z.string(),
  source: z.string(),
})

const scenes: z.ZodType<readonly StoredScene[]> = z.array(z.object({ ...timeRange, attribution }))

const options: z.ZodType<VideoOptions> = z.object({
  colours: z.object({ background: z.string(), text: z.string(), accent: z.string() }).nullable(),
  language: z.string().nullable(),
  showsCaptions: z.boolean(),
})

type Json = Prisma.JsonValue

/**
 * Readers of the JSON columns of a video, by their schemas. Null where the step has no result yet. A release may only add
 * optional fields, since another release reads what it stores.
 */
export const readProbe = (stored: Json): AudioProbe | null => probe.nullable().parse(stored)
export const readTranscript = (stored: Json): Transcript | null => transcript.nullable().parse(stored)
export const readPlan = (stored: Json): VideoPlan | null => plan.nullable().parse(stored)
export const readScenes = (stored: Json): readonly StoredScene[] | null => scenes.nullable().parse(stored)
export const readOptions = (stored: Json): VideoOptions => options.parse(stored)

/** A result as a JSON column takes it. */
export function toJson(result: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(result))
}
