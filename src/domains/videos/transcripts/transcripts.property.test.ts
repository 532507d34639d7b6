import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import type { TimeRange, Transcript } from '../ports.ts'
import { cleanText } from './clean-text.ts'
import { readWebVtt } from './read-web-vtt.ts'
import { splitCaptions } from './split-captions.ts'
import { spreadText } from './spread-text.ts'
import { toWebVtt } from './to-web-vtt.ts'
import { withoutSilence } from './without-silence.ts'

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc
    .array(
      fc.constantFrom(
        '안녕하세요',
        'line:',
        'WEBVTT',
        'NOTE',
        '-->',
        '<b>',
        '&amp;',
        '今日は',
        'word.',
        '👨‍👩‍👧‍👦',
        'x'.repeat(60),
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join(' ')),
)

/** In order and without overlap, in whole milliseconds. */
const rangesOf = (maxLength: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 10_000 })), { maxLength })
    .map((gaps) => {
      const ranges: TimeRange[] = []
      let at = 0
      for (const [gap, length] of gaps) {
        ranges.push({ startSeconds: (at + gap) / 1000, endSeconds: (at + gap + length) / 1000 })
        at += gap + length
      }
      return ranges
    })

const transcripts: fc.Arbitrary<Transcript> = rangesOf(12).chain((ranges) =>
  fc.array(texts, { minLength: ranges.length, maxLength: ranges.length }).chain((ownTexts) =>
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }).map((shares) => ({
      language: null,
      segments: ranges.map((range, at) => {
        const text = ownTexts[at] ?? ''
        const length = range.endSeconds - range.startSeconds
        const words = text.split(/\s+/).slice(0, shares.length)
        return {
          ...range,
          text,
          // Times of words in any order: the vendor's are not checked.
          words: words.map((word, index) => {
            const startSeconds = range.startSeconds + length * (shares[index] ?? 0)
            return { text: word, startSeconds, endSeconds: startSeconds }
          }),
        }
      }),
    })),
  ),
)

const probes = fc.record({ durationSeconds: fc.double({ min: 0.1, max: 200, noNaN: true }), silences: rangesOf(8) })

const spoken = (segments: Transcript['segments']) =>
  segments
    .map(({ text }) => cleanText(text))
    .join('')
    .replaceAll(' ', '')

function expectOrder(segments: readonly TimeRange[], end = Number.POSITIVE_INFINITY) {
  let last = 0
  for (const { startSeconds, endSeconds } of segments) {
    expect(startSeconds).toBeGreaterThanOrEqual(last)
    expect(endSeconds).toBeGreaterThanOrEqual(startSeconds)
    last = endSeconds
  }
  expect(last).toBeLessThanOrEqual(end)
}

test('a caption has at most two lines of 42 columns, and all captions have the text', () => {
  fc.assert(
    fc.property(texts.map(cleanText), (text) => {
      const captions = splitCaptions(text)
      const lines = captions.flatMap((caption) => caption.lines)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      for (const caption of captions) {
        expect(caption.lines.length).toBeLessThanOrEqual(2)
        expect(text.startsWith(caption.lines[0] ?? '', caption.offset)).toBe(true)
      }
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(42)
    }),
    { numRuns: 500 },
  )
})

test('captions that are written and read have the same text, in order, without overlap, within their segments', () => {
  fc.assert(
    fc.property(transcripts, (transcript) => {
      const written = toWebVtt(transcript)
      if (spoken(transcript.segments) === '') {
        expect(written).toBe('WEBVTT\n')
        return
      }
      const read = readWebVtt(written, [])
      expect(spoken(read.segments)).toBe(spoken(transcript.segments))
      expectOrder(read.segments)
      const inside = transcript.segments.map(({ startSeconds, endSeconds }) => [startSeconds * 1000, endSeconds * 1000])
      for (const { startSeconds, endSeconds } of read.segments) {
        const [start, end] = [startSeconds * 1000, endSeconds * 1000]
        expect(inside.some(([from = 0, to = 0]) => start >= from - 0.01 && end <= to + 0.01)).toBe(true)
      }
      // What was written once is written again without a change.
      expect(readWebVtt(toWebVtt(read), [])).toEqual(read)
    }),
    { numRuns: 500 },
  )
})

test('any text is read as WebVTT or refused', () => {
  const files = fc
    .array(fc.oneof(texts, fc.constantFrom('', '00:01.000 --> 00:03.000', '00:02.000 --> 00:05.000', '<00:02.000>a')))
    .map((lines) => ['WEBVTT', '', ...lines].join('\n'))
  fc.assert(
    fc.property(files, (file) => {
      let read: Transcript
      try {
        read = readWebVtt(file, [])
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_INPUT' })
        return
      }
      expectOrder(read.segments)
      for (const { words, startSeconds, endSeconds, text } of read.segments) {
        expect(text).toBe(cleanText(text))
        expect(endSeconds).toBeGreaterThan(startSeconds)
        expectOrder(words, endSeconds)
      }
    }),
    { numRuns: 500 },
  )
})

test('a text is spread over the audio in order, without overlap, and completely', () => {
  fc.assert(
    fc.property(texts, probes, (text, probe) => {
      if (cleanText(text) === '') return
      const { segments } = spreadText(text, probe, [])
      expect(spoken(segments)).toBe(cleanText(text).replaceAll(' ', ''))
      expectOrder(segments, probe.durationSeconds)
    }),
    { numRuns: 500 },
  )
})

test('a text that was spread is in speech where there is any', () => {
  fc.assert(
    fc.property(texts, probes, (text, probe) => {
      if (cleanText(text) === '') return
      const { segments } = spreadText(text, probe, [])
      const isSilent = (seconds: number) =>
        probe.silences.some((silence) => seconds > silence.startSeconds + 1e-9 && seconds < silence.endSeconds - 1e-9)
      const lastSpeech = probe.silences.reduce(
        (end, silence) => (silence.startSeconds <= 0 && silence.endSeconds >= probe.durationSeconds ? 0 : end),
        probe.durationSeconds,
      )
      if (lastSpeech === 0) return
      for (const { startSeconds, endSeconds } of segments) expect([startSeconds, endSeconds].some(isSilent)).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('without silence, the other segments are kept as they are', () => {
  fc.assert(
    fc.property(transcripts, rangesOf(8), (transcript, silences) => {
      const kept = withoutSilence(transcript, silences).segments
      const rest = transcript.segments.filter((segment) => kept.includes(segment))
      expect(kept).toEqual(rest)
      expect(withoutSilence({ ...transcript, segments: kept }, silences).segments).toEqual(kept)
      expect(withoutSilence(transcript, []).segments).toEqual(transcript.segments)
    }),
  )
})
