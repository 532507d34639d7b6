import type { VideoColours } from '../../domains/videos/ports.ts'

/** Red, green, blue: 0 to 255. */
export type Rgb = readonly [number, number, number]

/** WCAG's least contrast of text. */
const leastContrast = 4.5
const white: Rgb = [255, 255, 255]
const black: Rgb = [0, 0, 0]

export function parseColour(hex: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new Error(`A colour must be written as #rrggbb, not ${JSON.stringify(hex)}.`)
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

export function formatColour([red, green, blue]: Rgb, opacity = 1): string {
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`
}

/** WCAG's relative luminance: 0 to 1. */
function luminanceOf(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** WCAG's contrast: 1 to 21. */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [darker, lighter] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

/** `share` of the second colour over the first. */
export function mix(under: Rgb, over: Rgb, share: number): Rgb {
  const part = (at: 0 | 1 | 2) => Math.round(under[at] + (over[at] - under[at]) * share)
  return [part(0), part(1), part(2)]
}

/** The colour, moved to the end as little as its contrast to each of the backgrounds needs. */
function readableOver(colour: Rgb, backgrounds: readonly Rgb[], end: Rgb, contrast: number): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, end, share)
    if (backgrounds.every((background) => contrastOf(mixed, background) >= contrast)) return mixed
  }
  return end
}

/** The colours that a template draws with: derived from those of the user, and readable. */
export interface Palette {
  readonly background: Rgb
  /** The other end of the background's gradient. */
  readonly backgroundEnd: Rgb
  readonly text: Rgb
  /** For less important text. */
  readonly quietText: Rgb
  /** For shapes and emphasised words, over the background. */
  readonly accent: Rgb
  /** On the accent. */
  readonly onAccent: Rgb
}

/** For text over the background's colours. */
export function createPalette(colours: VideoColours): Palette {
  const background = parseColour(colours.background)
  const { behind } = endsFor(background)
  return paletteOver(colours, background, mix(background, behind, 0.4), leastContrast)
}

/** For text over a picture under a scrim of the background's colour, which is darkened or lightened until it can hide any. */
export function createPaletteOverPicture(colours: VideoColours): Palette {
  const background = parseColour(colours.background)
  const { text, behind } = endsFor(background)
  let scrim = background
  for (let share = 0; share <= 1 && contrastOf(text, scrim) < 12; share += 0.1) scrim = mix(background, behind, share)
  return paletteOver(colours, scrim, scrim, 7)
}

/** The colours that text may be moved to, and that the background may be moved to. */
function endsFor(background: Rgb): { readonly text: Rgb; readonly behind: Rgb } {
  // White has a contrast of 4.56 to this luminance, and black 4.6.
  return luminanceOf(background) < 0.18 ? { text: white, behind: black } : { text: black, behind: white }
}

function paletteOver(colours: VideoColours, background: Rgb, backgroundEnd: Rgb, contrast: number): Palette {
  const { text: end, behind } = endsFor(background)
  const readable = (colour: Rgb) => readableOver(colour, [background, backgroundEnd], end, contrast)
  const text = readable(parseColour(colours.text))
  const accent = readable(parseColour(colours.accent))
  return {
    background,
    backgroundEnd,
    text,
    quietText: readable(mix(text, background, 0.35)),
    accent,
    onAccent: readableOver(mix(accent, behind, 0.85), [accent], behind, leastContrast),
  }
}

/** How opaque a scrim of the background must be for text over a picture with these pixels, its darkest and lightest. */
export function scrimOpacityFor(palette: Palette, pixels: readonly Rgb[]): number {
  const texts = [palette.text, palette.quietText, palette.accent]
  for (let opacity = 0.3; opacity < 1; opacity += 0.02) {
    const least = Math.min(
      ...pixels.flatMap((pixel) => texts.map((text) => contrastOf(text, mix(pixel, palette.background, opacity)))),
    )
    if (least >= leastContrast) return opacity
  }
  return 1
}

/** Where videos show pictures, the text is white and the scrim black, whatever the colours. */
const pictureColours = { background: '#000000', text: '#ffffff' } as const

export function paletteOverPictures(accent: string): Palette {
  return createPalette({ ...pictureColours, accent })
}
