import { InvalidInput } from '../../../platform/errors.ts'
import type { AudioProbe, Transcript } from '../ports.ts'
import { transcriptMessages as messages } from './messages.ts'
import { readWebVtt } from './read-web-vtt.ts'
import { checkText, spreadText } from './spread-text.ts'
import { withinAudio } from './within-audio.ts'

/** What a user wrote. Exactly one of the fields is set. */
export interface OwnTranscriptInput {
  readonly webVtt?: string | null | undefined
  readonly text?: string | null | undefined
}

/** The columns of a video with a user's own transcript. Exactly one is not null. */
export interface OwnTranscript {
  /** Captions with their times. */
  readonly transcript: Transcript | null
  /** A text without times, which is spread over the speech once the audio was read. */
  readonly ownText: string | null
}

/**
 * Checks a transcript that a user wrote. Throws InvalidInput.
 *
 * @param path of the transcript in the input of the command
 */
export function readOwnTranscript({ webVtt, text }: OwnTranscriptInput, path: readonly string[]): OwnTranscript {
  if (webVtt != null) return { transcript: readWebVtt(webVtt, [...path, 'webVtt']), ownText: null }
  checkText(text ?? '', [...path, 'text'])
  return { transcript: null, ownText: text ?? '' }
}

/**
 * The transcript for an audio file: a text is spread over its speech, and nothing is after its end. Throws InvalidInput
 * where every caption starts after the end.
 */
export function fitToAudio(own: OwnTranscript, probe: AudioProbe, path: readonly string[]): Transcript {
  const given = own.transcript ?? spreadText(own.ownText ?? '', probe, [...path, 'text'])
  const transcript = withinAudio(given, probe.durationSeconds)
  if (transcript.segments.length > 0) return transcript
  const seconds = Math.ceil(probe.durationSeconds)
  throw new InvalidInput([{ path: [...path, 'webVtt'], text: messages.afterAudio({ seconds }) }], { isRelative: true })
}
