import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contrastOf,
  createPalette,
  createPaletteOverPicture,
  mix,
  paletteOverPictures,
  parseColour,
  type Rgb,
  scrimOpacityFor,
} from './colours.ts'

const anyPart = fc.integer({ min: 0, max: 255 })
const anyRgb = fc.tuple(anyPart, anyPart, anyPart)
const anyHex = anyRgb.map((colour) => `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`)
const anyColours = fc.record({ background: anyHex, text: anyHex, accent: anyHex })

describe('a palette', () => {
  it('has a contrast of 4.5 at least, whatever colours the user chose', () => {
    fc.assert(
      fc.property(anyColours, fc.double({ min: 0, max: 1, noNaN: true }), (colours, share) => {
        const palette = createPalette(colours)
        const background = mix(palette.background, palette.backgroundEnd, share)
        for (const text of [palette.text, palette.quietText, palette.accent]) {
          expect(contrastOf(text, background)).toBeGreaterThanOrEqual(4.4)
        }
        expect(contrastOf(palette.onAccent, palette.accent)).toBeGreaterThanOrEqual(4.5)
      }),
    )
  })

  it('has a scrim with which text is readable over any picture, and which hides no picture entirely', () => {
    fc.assert(
      fc.property(anyColours, fc.array(anyRgb, { minLength: 1, maxLength: 4 }), (colours, pixels) => {
        const palette = createPaletteOverPicture(colours)
        const opacity = scrimOpacityFor(palette, pixels)
        expect(opacity).toBeLessThan(1)
        for (const pixel of pixels) {
          const under = mix(pixel, palette.background, opacity)
          for (const text of [palette.text, palette.quietText, palette.accent]) {
            expect(contrastOf(text, under)).toBeGreaterThanOrEqual(4.5)
          }
        }
      }),
    )
  })

  it('keeps colours that are readable already', () => {
    const colours = { background: '#101820', text: '#fafafa', accent: '#ffb454' }
    expect(createPalette(colours)).toMatchObject({ text: parseColour('#fafafa'), accent: parseColour('#ffb454') })
    expect(contrastOf(paletteOverPictures('#000000').accent, [11, 13, 18] satisfies Rgb)).toBeGreaterThan(4.5)
  })
})

it('refuses what is no colour', () => {
  for (const text of ['red', '#fff', '#12345g', '#1234567', '#123456;x']) {
    expect(() => parseColour(text)).toThrow('#rrggbb')
  }
})
