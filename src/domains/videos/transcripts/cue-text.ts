import { tokenizeVTTCue, VTTCue } from 'media-captions'
import type { TimeRange, TranscriptSegment, TranscriptWord } from '../ports.ts'
import { cleanText } from './clean-text.ts'

/** The package's own declarations name files without extensions, which TypeScript does not find. */
declare module 'media-captions' {
  export interface VTTText {
    readonly type: 'text'
    readonly data: string
  }
  export interface VTTTag {
    readonly type: 'c' | 'i' | 'b' | 'u' | 'ruby' | 'rt' | 'v' | 'lang' | 'timestamp'
    readonly children: readonly VTTNode[]
    /** Seconds; of a timestamp only. */
    readonly time?: number
  }
  export type VTTNode = VTTText | VTTTag
  export class VTTCue {
    constructor(startTime: number, endTime: number, text: string)
  }
  export function tokenizeVTTCue(cue: VTTCue): VTTNode[]
  /** Seconds; null where the text is not a timestamp. */
  export function parseVTTTimestamp(timestamp: string): number | null
}

/** The text of a cue without its tags. Words have times where the cue has timestamps between them; null without any text. */
export function segmentOfCue({ startSeconds, endSeconds }: TimeRange, cueText: string): TranscriptSegment | null {
  const parts: { text: string; startSeconds: number }[] = [{ text: '', startSeconds }]
  // A stack of its own: tags can be nested more deeply than calls.
  const rest = tokenizeVTTCue(new VTTCue(startSeconds, endSeconds, cueText)).toReversed()
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (node.type === 'text') {
      const last = parts.at(-1)
      if (last) last.text += node.data
      continue
    }
    // `<timestamp>` is read as a node without a time.
    if (node.time !== undefined) parts.push({ text: '', startSeconds: node.time })
    for (const child of node.children.toReversed()) rest.push(child)
  }
  const text = cleanText(parts.map((part) => part.text).join(''))
  return text === '' ? null : { startSeconds, endSeconds, text, words: wordsOf(parts, endSeconds) }
}

/** Empty without timestamps, and where they are not in order. */
function wordsOf(
  parts: readonly { readonly text: string; readonly startSeconds: number }[],
  endSeconds: number,
): TranscriptWord[] {
  if (parts.length === 1) return []
  const words = parts.map(({ text, startSeconds }, at) => {
    return { text: cleanText(text), startSeconds, endSeconds: parts[at + 1]?.startSeconds ?? endSeconds }
  })
  if (words.some((word) => word.endSeconds < word.startSeconds)) return []
  return words.filter(({ text }) => text !== '')
}
