import { checkText } from '../../../platform/check-text.ts'
import { checkAll, InvalidInput } from '../../../platform/errors.ts'
import { keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { videoMessages } from '../messages.ts'
import type { VideoOptions } from '../options.ts'
import type { VideoColours, VideoFormat } from '../ports.ts'
import type { OwnTranscript } from '../transcripts/own-transcript.ts'

export interface VideoRequest {
  /** Of the audio file. */
  readonly uploadId: string
  readonly backgroundUploadId: string | null
  readonly templateKey: string
  readonly title: string
  readonly format: VideoFormat
  readonly options: VideoOptions
  /** What is spoken, in place of transcription. */
  readonly transcript: OwnTranscript | null
  readonly idempotencyKey: string
}

/** The request with its texts as they are stored. Throws InvalidInput with all problems. */
export function checkVideo<Request extends Omit<VideoRequest, 'uploadId' | 'backgroundUploadId' | 'transcript'>>(
  request: Request,
): Request {
  const { title, options, idempotencyKey } = request
  const checked = checkAll({
    title: () => checkTitle(title),
    colours: () => (options.colours === null ? null : checkColours(options.colours)),
    language: () => (options.language === null ? null : checkLanguage(options.language)),
    idempotencyKey: () => checkKey(idempotencyKey),
  })
  return { ...request, title: checked.title, options: { ...options, language: checked.language } }
}

function checkTitle(title: string): string {
  const messages = { length: videoMessages.titleLength(), invalid: videoMessages.invalidTitle() }
  return checkText(title, { field: 'title', min: 1, max: 200, ...messages })
}

function checkColours(colours: VideoColours): void {
  if (Object.values(colours).every((colour) => /^#[0-9a-f]{6}$/i.test(colour))) return
  throw InvalidInput.of('options', videoMessages.invalidColour())
}

function checkLanguage(tag: string): string {
  try {
    if (tag.length > 100) throw new RangeError()
    const [language] = Intl.getCanonicalLocales(tag)
    if (language) return language
  } catch {
    // Below.
  }
  throw InvalidInput.of('options', videoMessages.invalidLanguage())
}

function checkKey(key: string): void {
  const problem = keyProblem(key)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
}
