import { graphemesOf, isRightToLeft, type Unit, unitsOf } from './break-lines.ts'

/** The width of text in the given font size. */
export type MeasureText = (text: string, size: number) => number

export interface TextLimits {
  readonly width: number
  readonly height: number
  /** The font size that is tried first, in pixels. */
  readonly maxSize: number
  /** Where the text does not fit in this one either, it ends in an ellipsis. */
  readonly minSize: number
  /** As a multiple of the font size. */
  readonly lineHeight: number
  readonly maxLines: number
}

export interface TextLine {
  readonly units: readonly Unit[]
  readonly text: string
  readonly width: number
}

export interface FittedText {
  readonly lines: readonly TextLine[]
  readonly size: number
  readonly lineHeight: number
  readonly isRightToLeft: boolean
  readonly isCut: boolean
}

/** Widths are measured at this size and scaled. */
const measuredSize = 100
/** From one size to the next. */
const step = 0.95
const ellipsis = '…'

/** Breaks text to lines in the largest font size in which it fits, with lines of about equal length. */
export function fitText(text: string, limits: TextLimits, measure: MeasureText): FittedText {
  const units = unitsOf(text)
  const widths = new Map<string, number>()
  const widthOf = (piece: string) => {
    const known = widths.get(piece)
    if (known !== undefined) return known
    const width = measure(piece, measuredSize) / measuredSize
    widths.set(piece, width)
    return width
  }
  const direction = { isRightToLeft: isRightToLeft(text) }
  for (let size = limits.maxSize; ; size *= step) {
    const isSmallest = size <= limits.minSize
    const at = isSmallest ? limits.minSize : size
    const lineHeight = at * limits.lineHeight
    const most = Math.max(1, Math.min(limits.maxLines, Math.floor(limits.height / lineHeight)))
    const width = limits.width / at
    const hasLongWord = units.some((unit) => widthOf(unit.text) > width)
    // A word is divided only where it is wider than a line in a small font: a third of the way to the smallest.
    const mayDivide = isSmallest || at < limits.minSize + (limits.maxSize - limits.minSize) * 0.5
    if (hasLongWord && !mayDivide) continue
    const pieces = hasLongWord ? units.flatMap((unit) => divide(unit, width, widthOf)) : units
    const lines = breakLines(pieces, width, widthOf)
    if (lines.length <= most) {
      const balanced = breakLines(pieces, balancedWidth(pieces, width, lines.length, widthOf), widthOf)
      return { lines: scaled(balanced, at), size: at, lineHeight, isCut: false, ...direction }
    }
    if (isSmallest) {
      // Lines that are filled to the last character have space for more.
      const filled = breakLines(pieces.flatMap(unitsOfGraphemes), width, widthOf)
      const isCut = filled.length > most
      const kept = isCut ? cut(filled, most, width, widthOf) : filled
      return { lines: scaled(kept, at), size: at, lineHeight, isCut, ...direction }
    }
  }
}

type WidthOf = (text: string) => number

function breakLines(units: readonly Unit[], width: number, widthOf: WidthOf): TextLine[] {
  const lines: Unit[][] = []
  let used = 0
  for (const unit of units) {
    const line = lines.at(-1)
    const before = line?.at(-1)
    const space = before?.hasSpaceAfter ? widthOf(' ') : 0
    if (line && before && used + space + widthOf(unit.text) <= width) {
      line.push(unit)
      used += space + widthOf(unit.text)
    } else {
      lines.push([unit])
      used = widthOf(unit.text)
    }
  }
  return lines.map((line) => lineOf(line, widthOf))
}

function lineOf(units: readonly Unit[], widthOf: WidthOf): TextLine {
  const text = units.map((unit, at) => unit.text + (unit.hasSpaceAfter && at < units.length - 1 ? ' ' : '')).join('')
  return { units, text, width: widthOf(text) }
}

/** The smallest width that gives the same number of lines. */
function balancedWidth(units: readonly Unit[], width: number, count: number, widthOf: WidthOf): number {
  if (count === 1) return width
  let [low, high] = [width / 2, width]
  for (let round = 0; round < 8; round += 1) {
    const middle = (low + high) / 2
    const lines = breakLines(units, middle, widthOf)
    if (lines.length <= count && lines.every((line) => line.width <= middle)) high = middle
    else low = middle
  }
  return high
}

function unitsOfGraphemes(unit: Unit): Unit[] {
  return divideInto(unit, graphemesOf(unit.text))
}

/** Divides a word that is wider than a line between its characters. */
function divide(unit: Unit, width: number, widthOf: WidthOf): Unit[] {
  if (widthOf(unit.text) <= width) return [unit]
  const pieces: string[] = []
  let used = 0
  for (const grapheme of graphemesOf(unit.text)) {
    // The sum of the single widths: to measure each piece would take time in the square of the length.
    used += widthOf(grapheme)
    const last = pieces.at(-1)
    if (last !== undefined && used <= width) pieces[pieces.length - 1] = last + grapheme
    else {
      pieces.push(grapheme)
      used = widthOf(grapheme)
    }
  }
  return divideInto(unit, pieces)
}

function divideInto(unit: Unit, pieces: readonly string[]): Unit[] {
  let at = unit.start
  return pieces.map((text, index) => {
    const start = at
    at += text.length
    return { text, start, end: at, hasSpaceAfter: unit.hasSpaceAfter && index === pieces.length - 1 }
  })
}

function cut(lines: readonly TextLine[], count: number, width: number, widthOf: WidthOf): TextLine[] {
  const kept = lines.slice(0, count)
  const last = kept.pop()
  if (!last) return kept
  let text = graphemesOf(last.text)
  while (text.length > 1 && widthOf(text.join('').trimEnd() + ellipsis) > width) text = text.slice(0, -1)
  const short = text.join('').trimEnd() + ellipsis
  const start = last.units[0]?.start ?? 0
  const unit: Unit = { text: short, start, end: start + short.length - 1, hasSpaceAfter: false }
  return [...kept, lineOf([unit], widthOf)]
}

function scaled(lines: readonly TextLine[], size: number): TextLine[] {
  return lines.map((line) => ({ ...line, width: line.width * size }))
}
