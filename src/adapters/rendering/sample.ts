import type { RenderRequest, TranscriptSegment } from '../../domains/videos/ports.ts'
import { levelSeconds } from './sound-levels.ts'

/** The time of the still. */
export const sampleSeconds = 1.5
const durationSeconds = 4

/** Content that shows what a template does. */
export function sampleRequest(templateKey: string): Omit<RenderRequest, 'folder' | 'audioFile'> {
  return {
    templateKey,
    title: '아침 한강 러닝, 10km를 달리며 나눈 이야기 🏃',
    format: 'PORTRAIT_9_16',
    colours: null,
    backgroundFile: null,
    audio: { container: 'wav', durationSeconds },
    transcript: { language: 'ko', segments: [sampleSegment()] },
    showsCaptions: true,
    scenes: [],
  }
}

function sampleSegment(): TranscriptSegment {
  const words = '오늘은 바람이 좋아서 평소보다 조금 더 멀리 달려 봤어요'.split(' ')
  const seconds = 3 / words.length
  const timed = words.map((text, at) => ({ text, startSeconds: at * seconds, endSeconds: (at + 1) * seconds }))
  return { startSeconds: 0, endSeconds: 3, text: words.join(' '), words: timed }
}

/** As of speech: syllables in phrases. */
export function sampleLevels(): Float32Array {
  return Float32Array.from({ length: Math.ceil(durationSeconds / levelSeconds) }, (_, at) => {
    const syllable = Math.abs(Math.sin(at * 1.7) + Math.sin(at * 0.61)) / 2
    const phrase = 0.55 + 0.45 * Math.sin(at * 0.23)
    return Math.min(1, 0.08 + syllable * phrase)
  })
}
