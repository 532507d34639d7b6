import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../../platform/errors.ts'
import { english, formatMessage } from '../../../platform/messages/format-message.ts'
import type { Transcript, TranscriptSegment } from '../ports.ts'
import { readWebVtt } from './read-web-vtt.ts'
import { toWebVtt } from './to-web-vtt.ts'

const segment = (startSeconds: number, endSeconds: number, text: string): TranscriptSegment => {
  return { startSeconds, endSeconds, text, words: [] }
}
const transcriptOf = (...segments: TranscriptSegment[]): Transcript => ({ language: null, segments })
const read = (text: string) => readWebVtt(text, ['transcript', 'webVtt']).segments

function refusal(text: string): unknown {
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    return error.issues.flatMap(({ path, text: message }) => [path.join('.'), formatMessage(message, english)])
  }
  throw new Error('The text was read.')
}

describe('toWebVtt', () => {
  test('writes times and escapes what would be a tag, an entity or an arrow', () => {
    const transcript = transcriptOf(segment(0, 1.25, 'A & B <i> --> C'), segment(3_599.9996, 3_661, '안녕하세요'))
    expect(toWebVtt(transcript)).toBe(`WEBVTT

00:00:00.000 --> 00:00:01.250
A &amp; B &lt;i&gt; --&gt; C

01:00:00.000 --> 01:01:01.000
안녕하세요
`)
  })

  test('splits a long segment into captions of two lines, by length', () => {
    const text =
      'The river was cold, and nobody spoke. We walked along it until the light was weak, and then back to the car in silence.'
    expect(toWebVtt(transcriptOf(segment(0, 12, text)))).toBe(`WEBVTT

00:00:00.000 --> 00:00:08.370
The river was cold, and nobody spoke. We
walked along it until the light was weak,

00:00:08.370 --> 00:00:12.000
and then back to the car in silence.
`)
  })

  test('starts the captions of a segment with its words', () => {
    const text = 'One two three four five six seven eight nine. Ten eleven twelve.'
    const words = text.split(' ').map((word, at) => ({
      // Models write words without their punctuation.
      text: word.replace('.', ''),
      startSeconds: at < 9 ? at / 10 : at,
      endSeconds: at < 9 ? at / 10 + 0.1 : at + 1,
    }))
    expect(toWebVtt(transcriptOf({ ...segment(0, 13, text), words }))).toContain(
      '00:00:09.000 --> 00:00:13.000\nTen eleven twelve.',
    )
  })

  test('breaks Korean at spaces only, at 42 columns of which a syllable takes two', () => {
    const words = [
      '오늘은',
      '한강을',
      '따라',
      '십',
      '킬로미터를',
      '천천히',
      '달렸습니다',
      '바람이',
      '차가웠지만',
      '기분은',
    ]
    const lines = toWebVtt(transcriptOf(segment(0, 10, words.join(' '))))
      .split('\n')
      .slice(3)
    expect(lines).toEqual(['오늘은 한강을 따라 십 킬로미터를 천천히', '달렸습니다 바람이 차가웠지만 기분은', ''])
  })

  test('breaks Japanese between words, and keeps its punctuation with them', () => {
    const [first = '', second = ''] = toWebVtt(
      transcriptOf(segment(0, 10, '今日は川に沿って十キロ走りました。とても寒かったですが、気分は最高でした。')),
    )
      .split('\n')
      .slice(3)
    expect(first.length).toBeLessThanOrEqual(21)
    expect(second).not.toMatch(/^[。、]/)
  })

  test('leaves out segments without text or time', () => {
    expect(toWebVtt(transcriptOf(segment(1, 1, 'now'), segment(1, 2, ' \n ')))).toBe('WEBVTT\n')
  })

  test('does not split a segment that is too short for it', () => {
    expect(toWebVtt(transcriptOf(segment(0, 0.001, 'word '.repeat(40))))).toMatch(
      /^WEBVTT\n\n00:00:00.000 --> 00:00:00.001\n(?:.+\n){5}$/,
    )
  })
})

describe('readWebVtt', () => {
  test('reads what editors write', () => {
    const file = `\uFEFFWEBVTT - a title\r
Kind: captions\r
\r
STYLE\r
::cue { color: red }\r
\r
NOTE\r
a comment\r
\r
REGION\r
id:bottom\r
\r
1 introduction\r
00:00:01.000 --> 00:00:02.500 align:start position:10%\r
<v Bob>Hi &amp; <i.loud>hello</i>\r
line: two &#39;&nbsp;\r
\r
01:00.000-->01:02.000\r
안녕하세요`
    expect(read(file)).toEqual([segment(1, 2.5, "Hi & hello line: two '"), segment(60, 62, '안녕하세요')])
  })

  test('reads the times of words', () => {
    const [only] = read('WEBVTT\n\n00:01.000 --> 00:04.000\nOne <00:02.000><c>two</c> <00:03.500>three')
    expect(only).toEqual({
      ...segment(1, 4, 'One two three'),
      words: [
        { text: 'One', startSeconds: 1, endSeconds: 2 },
        { text: 'two', startSeconds: 2, endSeconds: 3.5 },
        { text: 'three', startSeconds: 3.5, endSeconds: 4 },
      ],
    })
    const [disordered] = read('WEBVTT\n\n00:01.000 --> 00:04.000\nOne <00:03.000>two <00:02.000>three')
    expect(disordered).toEqual(segment(1, 4, 'One two three'))
  })

  test('orders captions, ends one where the next starts, and joins those that start together', () => {
    const file =
      'WEBVTT\n\n00:05.000 --> 00:06.000\nlast\n\n00:01.000 --> 00:09.000\nfirst\n\n00:02.000 --> 00:03.000\none\n\n00:02.000 --> 00:04.000\nother'
    expect(read(file)).toEqual([segment(1, 2, 'first'), segment(2, 4, 'one other'), segment(5, 6, 'last')])
  })

  test('reads a caption that follows without an empty line, and ignores captions without text', () => {
    const file =
      'WEBVTT\n\n00:01.000 --> 00:02.000\none\n00:02.000 --> 00:03.000\n<b></b>\n\n00:03.000 --> 00:04.000\ntwo'
    expect(read(file)).toEqual([segment(1, 2, 'one'), segment(3, 4, 'two')])
  })

  test('replaces what cannot be stored', () => {
    expect(read('WEBVTT\n\n00:01.000 --> 00:02.000\na\0b\ud800')).toEqual([segment(1, 2, 'a b\ufffd')])
  })

  test.each<[string, string, string]>([
    ['SubRip', '1\n00:00:01,000 --> 00:00:02,000\none', 'Line 1: this is not a WebVTT file.'],
    ['another signature', 'WEBVTTX\n', 'Line 1: this is not'],
    ['nothing', '', 'Line 1: this is not'],
    [
      'an empty line in a text',
      'WEBVTT\n\n00:01.000 --> 00:02.000\none\n\ntwo',
      'Line 6: the times of a caption are missing',
    ],
    ['commas in times', 'WEBVTT\n\n00:00:01,000 --> 00:00:02,000\none', 'Line 3: the times are not valid.'],
    ['a time without an end', 'WEBVTT\n\n1\n00:01.000 -->\none', 'Line 4: the times are not valid.'],
    [
      'times in the wrong order',
      'WEBVTT\n\n00:02.000 --> 00:02.000\none',
      'Line 3: the end of a caption must be after',
    ],
    ['no captions', 'WEBVTT\n\nNOTE nothing', 'The transcript has no text.'],
    [
      'too many captions',
      `WEBVTT\n\n${'00:01.000 --> 00:02.000\na\n\n'.repeat(5_001)}`,
      'Line 15,003: the file has too many captions. The maximum is 5,000.',
    ],
    [
      'a long caption',
      `WEBVTT\n\n00:01.000 --> 00:02.000\n${'a'.repeat(2_001)}`,
      'Line 4: the text of a caption is too long. The maximum is 2,000 characters.',
    ],
    ['a large file', `WEBVTT\n\nNOTE ${'각'.repeat(66_000)}`, 'too large. The maximum is 192 KiB.'],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text)).toEqual(['transcript.webVtt', expect.stringContaining(message)])
  })

  test.each([
    ['empty lines', '\n'.repeat(2 ** 20 - 100)],
    ['nested tags', `00:01.000 --> 00:02.000\n${'<b>'.repeat(660)}x\n`.repeat(520)],
    ['timestamps', `00:01.000 --> 00:02.000\n${'x<00:01.500>'.repeat(165)}\n`.repeat(520)],
    ['long lines', `00:01.000 --> 00:02.000\n${'x'.repeat(2_000)}\n`.repeat(510)],
    ['comments', 'NOTE\n\n'.repeat(170_000)],
    ['arrows', '-->'.repeat(349_000)],
  ])('takes less than ten seconds for a file of %s', (_, body) => {
    const start = performance.now()
    try {
      toWebVtt(readWebVtt(`WEBVTT\n\n${body}`, []))
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
    }
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})
