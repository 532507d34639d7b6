import { describe, expect, it } from 'vitest'
import type { TranscriptSegment } from '../../domains/videos/ports.ts'
import { captionList } from './caption-list.ts'
import { createContent } from './content.ts'
import { columnsOf, createCues } from './cues.ts'
import { sampleRequest } from './sample.ts'
import { findTemplate } from './templates/list.ts'

const limits = { columns: 24, hasEmphasis: true, durationSeconds: 60 }

/** Half a second for each word. */
function segment(text: string, startSeconds = 1, words = text.split(' ')): TranscriptSegment {
  const timed = words.map((word, at) => {
    const start = startSeconds + at * 0.5
    return { text: word, startSeconds: start, endSeconds: start + 0.4 }
  })
  return { text, startSeconds, endSeconds: startSeconds + words.length * 0.5, words: timed }
}
const cuesOf = (segments: readonly TranscriptSegment[], changed = {}) =>
  createCues({ language: null, segments }, { ...limits, ...changed })
const emphasised = ({ text, emphasis }: { text: string; emphasis: readonly [number, number] | null }) =>
  emphasis && text.slice(...emphasis)

describe('cues', () => {
  it('are one for each word, which is emphasised, and one for the page before it is spoken', () => {
    const cues = cuesOf([segment('오늘은 참 좋아요')])
    expect(cues.map(emphasised)).toEqual([null, '오늘은', '참', '좋아요'])
    expect(new Set(cues.map(({ text }) => text))).toEqual(new Set(['오늘은 참 좋아요']))
    expect(cues.map(({ startSeconds }) => startSeconds)).toEqual([0, 1, 1.5, 2])
    expect(cues.at(-1)?.endSeconds).toBeCloseTo(3)
  })

  it('find words as the text has them, with the punctuation that the model left out', () => {
    const cues = cuesOf([segment('Well, it works!', 1, [' Well', ' it', ' works'])])
    expect(cues.map(emphasised)).toEqual([null, 'Well,', 'it', 'works!'])
    const japanese = cuesOf([segment('今日は走る', 1, ['今日', 'は', '走る'])])
    expect(japanese.map(({ text }) => text).at(-1)).toBe('今日は走る')
    expect(japanese.map(emphasised)).toEqual([null, '今日', 'は', '走る'])
  })

  it('are divided to pages at sentences, at pauses and where they are full', () => {
    const pages = (segments: TranscriptSegment[]) => [...new Set(cuesOf(segments).map(({ text }) => text))]
    expect(pages([segment('One two. Three four')])).toEqual(['One two.', 'Three four'])
    expect(pages([segment('one two'), segment('three four', 10)])).toEqual(['one two', 'three four'])
    const long = pages([segment('가나다 라마바 사아자 차카타 파하가 나다라 마바사 아자차')])
    expect(long.length).toBeGreaterThan(1)
    expect(long.every((page) => columnsOf(page) <= limits.columns)).toBe(true)
    expect(long.join(' ')).toBe('가나다 라마바 사아자 차카타 파하가 나다라 마바사 아자차')
  })

  it('divide a text without times of words by its length, without emphasis', () => {
    const cues = cuesOf([
      { startSeconds: 10, endSeconds: 20, text: '가나다 라마바 사아자 차카타 파하가 나다라', words: [] },
    ])
    expect(cues.every(({ emphasis }) => emphasis === null)).toBe(true)
    expect(cues[0]?.startSeconds).toBe(10)
    expect(cues.at(-1)?.endSeconds).toBeLessThanOrEqual(20.6)
    expect(cues.map(({ text }) => text).join(' ')).toBe('가나다 라마바 사아자 차카타 파하가 나다라')
  })

  it('never overlap and never exceed the video, whatever the times', () => {
    const odd = [segment('late one two', 59), segment('a b c', 5), segment('d e f', 5.2), segment('never', 70)]
    const cues = cuesOf([...odd, { ...segment('back wards', 8), endSeconds: 2 }])
    for (const [at, cue] of cues.entries()) {
      expect(cue.startSeconds).toBeGreaterThanOrEqual(cues[at - 1]?.endSeconds ?? 0)
      expect(cue.endSeconds).toBeGreaterThan(cue.startSeconds)
      expect(cue.endSeconds).toBeLessThanOrEqual(60)
    }
  })
})

it('lists the captions of a part without gaps', () => {
  const cues = [
    { startSeconds: 1, endSeconds: 2, text: 'a', emphasis: null },
    { startSeconds: 2.5, endSeconds: 9, text: 'b', emphasis: null },
  ]
  const list = (startFrame: number, endFrame: number) =>
    [...captionList(cues, { startFrame, endFrame }).matchAll(/file '(.*)'\nduration (.*)/g)].map(
      ([, file, seconds]) => [file, Number(seconds)],
    )
  expect(list(0, 300)).toEqual([
    ['caption-none.png', 1],
    ['caption-0.png', 1],
    ['caption-none.png', 0.5],
    ['caption-1.png', 6.5],
    ['caption-none.png', 1],
  ])
  expect(list(90, 150)).toEqual([['caption-1.png', 2]])
})

it('has captions only if they are requested and there is a transcript', () => {
  const template = findTemplate('captions')
  const sample = sampleRequest('captions')
  expect(createContent(sample, template).cues.length).toBeGreaterThan(1)
  expect(createContent({ ...sample, showsCaptions: false }, template).cues).toEqual([])
  expect(createContent({ ...sample, transcript: null }, template).cues).toEqual([])
})
