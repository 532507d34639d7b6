import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitPayload, type PushTexts } from './fit-payload.ts'

const fitted = (texts: PushTexts) => fitPayload(texts, (cut) => JSON.stringify(cut))

test('a payload always fits, and its texts end with whole characters', () => {
  const characters = fc.constantFrom('a', '한', '👩‍👩‍👧‍👦', '"', '\n')
  const texts = fc.array(characters, { maxLength: 2_500 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, texts, (title, body) => {
      const json = fitted({ title, body })
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(3_993)
      const cut = JSON.parse(json) as PushTexts
      for (const [part, whole] of [[cut.title, title] as const, [cut.body, body] as const]) {
        const start = part.replace(/…$/, '')
        expect(whole.startsWith(start)).toBe(true)
        expect(whole.slice(start.length)).not.toMatch(/^\u200d/)
        expect(start).not.toMatch(/[\ud800-\udbff]$/)
      }
    }),
    { numRuns: 50 },
  )
})

test('a short payload is not changed', () => {
  expect(fitted({ title: 'Title', body: 'Body' })).toBe('{"title":"Title","body":"Body"}')
})
