import type { SKRSContext2D } from '@napi-rs/canvas'
import { formatColour, type Palette, type Rgb } from './colours.ts'
import type { Cue } from './cues.ts'
import type { FittedText } from './fit-text.ts'
import type { Rect } from './geometry.ts'
import { fillRounded, layOut, type PlacedLine, placeLines, placeUnits, prepare, type TextStyle } from './paint.ts'

export interface CaptionStyle extends TextStyle {
  readonly palette: Palette
  /** A box behind each line, so that text is readable over any picture. */
  readonly box: Rgb | null
}

const boxOpacity = 0.72

/** Draws a cue in the area, which starts at 0, 0; the spoken word is on a box of the accent. */
export function paintCaption(context: SKRSContext2D, cue: Cue, size: Rect, style: CaptionStyle): void {
  const padding = style.box ? style.maxSize * 0.35 : style.maxSize * 0.2
  const area = { x: padding, y: padding / 2, width: size.width - 2 * padding, height: size.height - padding }
  const fitted = layOut(context, cue.text, area, style)
  const lines = placeLines(fitted, area, style)
  prepare(context, fitted, style)
  if (style.box) paintBoxes(context, lines, fitted, style.box)
  const boxes = cue.emphasis ? emphasisedBoxes(context, lines, fitted, cue.emphasis) : []
  const drawLines = (colour: Rgb) => {
    context.fillStyle = formatColour(colour)
    for (const { line, x, baseline } of lines) context.fillText(line.text, x, baseline)
  }
  drawLines(style.colour)
  for (const box of boxes) {
    // The whole line is drawn again within the box: a word by itself would be shaped in another way than in its line.
    context.save()
    context.fillStyle = formatColour(style.palette.accent)
    fillRounded(context, box, fitted.size * 0.2)
    context.beginPath()
    context.rect(box.x, box.y, box.width, box.height)
    context.clip()
    drawLines(style.palette.onAccent)
    context.restore()
  }
}

function paintBoxes(context: SKRSContext2D, lines: readonly PlacedLine[], { size, lineHeight }: FittedText, box: Rgb) {
  context.fillStyle = formatColour(box, boxOpacity)
  // One box for all lines: boxes of single lines would overlap, and be darker there.
  const width = Math.max(...lines.map(({ line }) => line.width)) + size * 0.7
  const left = Math.min(...lines.map(({ x }) => x)) - size * 0.35
  const top = (lines[0]?.top ?? 0) - size * 0.12
  fillRounded(context, { x: left, y: top, width, height: lines.length * lineHeight + size * 0.24 }, size * 0.3)
}

function emphasisedBoxes(
  context: SKRSContext2D,
  lines: readonly PlacedLine[],
  fitted: FittedText,
  [start, end]: readonly [number, number],
): Rect[] {
  const { size, lineHeight } = fitted
  const inset = size * 0.13
  return lines.flatMap((line) => {
    const units = placeUnits(context, line, fitted).filter((unit) => unit.start < end && unit.end > start)
    if (units.length === 0) return []
    const left = Math.min(...units.map((unit) => unit.left))
    const right = Math.max(...units.map((unit) => unit.left + unit.width))
    const height = Math.min(lineHeight, size * 1.22)
    const top = line.top + (lineHeight - height) / 2
    return [{ x: line.x + left - inset, y: top, width: right - left + 2 * inset, height }]
  })
}
