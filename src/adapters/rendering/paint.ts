import type { Image, SKRSContext2D } from '@napi-rs/canvas'
import { isRightToLeft } from './break-lines.ts'
import { formatColour, type Palette, type Rgb, scrimOpacityFor } from './colours.ts'
import { type FittedText, fitText, type TextLimits, type TextLine } from './fit-text.ts'
import { fontOf, type Weight } from './fonts.ts'
import type { Rect, Size } from './geometry.ts'

/** The background of a video without pictures: a gradient with a glow of the accent. */
export function paintBackground(context: SKRSContext2D, { width, height }: Size, palette: Palette): void {
  const gradient = context.createLinearGradient(0, 0, 0, height)
  gradient.addColorStop(0, formatColour(palette.background))
  gradient.addColorStop(1, formatColour(palette.backgroundEnd))
  context.fillStyle = gradient
  context.fillRect(0, 0, width, height)
  dither(context, { width, height })
}

/** Gradients of few colours show steps in a video; noise of one level hides them. */
function dither(context: SKRSContext2D, { width, height }: Size): void {
  const pixels = context.getImageData(0, 0, width, height)
  let random = 1
  for (let at = 0; at < pixels.data.length; at += 4) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    const noise = (random >>> 30) - 1
    for (const part of [0, 1, 2]) pixels.data[at + part] = (pixels.data[at + part] ?? 0) + (noise > 1 ? 0 : noise)
  }
  context.putImageData(pixels, 0, 0)
}

/** Covers the area with the picture, without changing its proportions. */
export function paintCover(context: SKRSContext2D, picture: Image, { width, height }: Size): void {
  const scale = Math.max(width / picture.width, height / picture.height)
  const [drawnWidth, drawnHeight] = [picture.width * scale, picture.height * scale]
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, (width - drawnWidth) / 2, (height - drawnHeight) / 2, drawnWidth, drawnHeight)
}

/** A scrim over everything, as opaque as text in these areas needs. */
export function paintScrim(context: SKRSContext2D, size: Size, palette: Palette, areas: readonly Rect[]): void {
  const opacity = scrimOpacityFor(
    palette,
    areas.flatMap((area) => extremesOf(context, area)),
  )
  context.fillStyle = formatColour(palette.background, opacity)
  context.fillRect(0, 0, size.width, size.height)
}

/** The darkest and the lightest pixel. */
function extremesOf(context: SKRSContext2D, { x, y, width, height }: Rect): Rgb[] {
  const { data } = context.getImageData(x, y, width, height)
  let [darkest, lightest] = [0, 0]
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let at = 0; at < data.length; at += 4) {
    const light = 2 * (data[at] ?? 0) + 7 * (data[at + 1] ?? 0) + (data[at + 2] ?? 0)
    if (light < least) [least, darkest] = [light, at]
    if (light > most) [most, lightest] = [light, at]
  }
  return [darkest, lightest].map((at): Rgb => [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0])
}

export interface TextStyle extends Omit<TextLimits, 'width' | 'height'> {
  readonly weight: Weight
  readonly colour: Rgb
  /** `start` is the right side for scripts that are written from there. */
  readonly align: 'start' | 'center'
  readonly anchor: 'top' | 'middle' | 'bottom'
}

/** Draws text in an area in which it always fits. Returns what it covers. */
export function paintText(context: SKRSContext2D, text: string, area: Rect, style: TextStyle): Rect {
  const fitted = layOut(context, text, area, style)
  const lines = placeLines(fitted, area, style)
  prepare(context, fitted, style)
  context.fillStyle = formatColour(style.colour)
  for (const { line, x, baseline } of lines) context.fillText(line.text, x, baseline)
  return boundsOf(lines, fitted, area)
}

/** Lays out text in the largest size that fits. */
export function layOut(context: SKRSContext2D, text: string, { width, height }: Size, style: TextStyle): FittedText {
  const measure = (piece: string, size: number) => {
    context.font = fontOf(style.weight, size)
    return context.measureText(piece).width
  }
  return fitText(text, { ...style, width, height }, measure)
}

export interface PlacedLine {
  readonly line: TextLine
  readonly x: number
  readonly top: number
  readonly baseline: number
}

export function placeLines(fitted: FittedText, area: Rect, style: TextStyle): PlacedLine[] {
  const { lines, size, lineHeight } = fitted
  const free = area.height - lines.length * lineHeight
  const top = area.y + { top: 0, middle: free / 2, bottom: free }[style.anchor]
  return lines.map((line, at) => {
    const space = area.width - line.width
    const start = fitted.isRightToLeft ? space : 0
    return {
      line,
      x: area.x + (style.align === 'center' ? space / 2 : start),
      top: top + at * lineHeight,
      // Capital letters and Hangul are about 0.74 of the size high.
      baseline: top + at * lineHeight + lineHeight / 2 + size * 0.36,
    }
  })
}

export function prepare(context: SKRSContext2D, fitted: FittedText, { weight }: Pick<TextStyle, 'weight'>): void {
  context.font = fontOf(weight, fitted.size)
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  context.direction = fitted.isRightToLeft ? 'rtl' : 'ltr'
}

function boundsOf(lines: readonly PlacedLine[], { lineHeight }: FittedText, area: Rect): Rect {
  if (lines.length === 0) return { ...area, height: 0 }
  const left = Math.min(...lines.map(({ x }) => x))
  const right = Math.max(...lines.map(({ x, line }) => x + line.width))
  const top = lines[0]?.top ?? area.y
  return { x: left, y: top, width: right - left, height: lines.length * lineHeight }
}

/** Where a unit of a line is, from the left edge of the line. */
export interface PlacedUnit {
  readonly at: number
  readonly start: number
  readonly end: number
  readonly left: number
  readonly width: number
}

/**
 * The units of a line from left to right as they are read: those of the other direction than the text's are in reverse
 * order among themselves, as the Unicode bidirectional algorithm places words.
 */
export function placeUnits(context: SKRSContext2D, { line }: PlacedLine, fitted: FittedText): PlacedUnit[] {
  const measured = line.units.map((unit, at) => ({
    ...unit,
    at,
    width: context.measureText(unit.text).width,
    isRightToLeft: directionOf(unit.text),
  }))
  let direction = fitted.isRightToLeft
  const directed = measured.map((unit) => {
    direction = unit.isRightToLeft ?? direction
    return { ...unit, isRightToLeft: direction }
  })
  const runs: (typeof directed)[] = []
  for (const unit of directed) {
    const run = runs.at(-1)
    if (run && run[0]?.isRightToLeft === unit.isRightToLeft) run.push(unit)
    else runs.push([unit])
  }
  const visual = (fitted.isRightToLeft ? runs.toReversed() : runs).flatMap((run) =>
    run[0]?.isRightToLeft ? run.toReversed() : run,
  )
  const space = context.measureText(' ').width
  let left = 0
  return visual.map((unit, index) => {
    const other = visual[index - 1]
    if (other) {
      const earlier = other.at < unit.at ? other : unit
      left += earlier.hasSpaceAfter ? space : 0
    }
    const placed = { at: unit.at, start: unit.start, end: unit.end, left, width: unit.width }
    left += unit.width
    return placed
  })
}

/** Null for numbers and punctuation, which take the direction of the words before them. */
function directionOf(text: string): boolean | null {
  return /\p{L}/u.test(text) ? isRightToLeft(text) : null
}

export function fillRounded(context: SKRSContext2D, { x, y, width, height }: Rect, radius: number): void {
  context.beginPath()
  context.roundRect(x, y, width, height, Math.min(radius, height / 2, width / 2))
  context.fill()
}
