import type { JSONValue, LanguageModel } from 'ai'
import { type Planner, VendorRefused } from '../../domains/videos/ports.ts'
import { vendorErrorIn } from '../../platform/vendors/library-fetch.ts'
import { excerptOf } from './excerpt.ts'
import { answerSchema, instructions, type PlanAnswer, promptOf } from './prompt.ts'
import { readPlan, sceneCountFor } from './read-plan.ts'

/** A language model of a vendor whose client retries temporary faults. */
export interface PlannerModel {
  readonly vendor: string
  /** Loads the vendor's library, which takes memory and time, at the first use. */
  load(): Promise<LanguageModel>
  readonly providerOptions: Readonly<Record<string, Record<string, JSONValue>>>
}

/** 60 scenes are about 1,500 tokens; the rest is for the reasoning of the model. */
const maxOutputTokens = 8_000

/** Plans with a language model; see the port. */
export function createPlanner({ vendor, load, providerOptions }: PlannerModel): Planner {
  return {
    async plan({ title, transcript, durationSeconds }, { signal }) {
      const shown = excerptOf(transcript.segments)
      if (shown.length === 0) return { title: null, scenes: [] }
      const [{ AISDKError, generateText, Output }, model] = await Promise.all([import('ai'), load()])
      const prompt = promptOf({ title, durationSeconds, segments: shown, sceneCount: sceneCountFor(durationSeconds) })

      /** Null where the answer is not valid. */
      const ask = async (): Promise<PlanAnswer | null> => {
        try {
          const { output } = await generateText({
            model,
            instructions,
            prompt,
            output: Output.object({ schema: answerSchema, name: 'plan' }),
            maxOutputTokens,
            maxRetries: 0,
            abortSignal: signal,
            providerOptions,
          })
          return output
        } catch (error) {
          signal.throwIfAborted()
          const known = vendorErrorIn(error)
          if (known && !isInvalidAnswer(known)) throw known
          // The library's errors contain the prompt, so they are neither thrown nor causes.
          if (known || AISDKError.isInstance(error)) return null
          throw error
        }
      }

      for (const _attempt of [1, 2]) {
        const answer = await ask()
        const plan = answer && readPlan(answer, { shown, durationSeconds })
        if (plan) return plan
      }
      throw new VendorRefused(vendor, null, `${vendor} answered twice without a valid plan.`)
    },
  }
}

/** Groq answers 400 where the model's answer does not fit the schema. */
const isInvalidAnswer = (error: Error) => error instanceof VendorRefused && error.code === 'json_validate_failed'
