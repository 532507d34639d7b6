import { framesPerSecond, type Size } from './geometry.ts'
import { levelSeconds } from './sound-levels.ts'

/** From the left edge of a bar to that of the next. */
const pitch = 20
const barWidth = 12
const trackHeight = 8
/** Between the bars and the progress line. */
const trackGap = 36
/** Opacity of bars whose sound is still to come. */
const comingShade = 105
/** Of the dots before the beginning and after the end. */
const outsideShade = 60
/** A pipe has one frame in each of its two buffers and one that is being written. */
const framesInUse = 8
/** The bar that is heard grows by this share, its neighbours by less. */
const swell = 0.22

/**
 * Gray frames: bars that move to the left with the sound, the one that is heard in the middle, and below them the progress
 * line as far as it was played. They are the transparency of the bars' colours. The bytes of a frame are used again eight
 * frames later: with new ones for each frame, Node had 100 MB more that were not yet collected.
 */
export function* barsMask(levels: Float32Array, { width, height }: Size, frames: number): Generator<Uint8Array> {
  const barsHeight = height - trackHeight - trackGap
  const middle = width / 2
  const masks = Array.from({ length: framesInUse }, () => new Mask(width, height))
  for (let frame = 0; frame < frames; frame += 1) {
    const mask = masks[frame % framesInUse] as Mask
    mask.clear()
    const now = frame / framesPerSecond / levelSeconds
    const first = Math.floor(now - middle / pitch) - 1
    const last = Math.ceil(now + middle / pitch) + 1
    for (let bar = first; bar <= last; bar += 1) {
      const centre = middle + (bar + 0.5 - now) * pitch
      const level = levels[bar] ?? 0
      const distance = (centre - middle) / (2 * pitch)
      const size = Math.min(1, level * (1 + swell * Math.exp(-distance * distance)))
      const barHeight = barWidth + (barsHeight - barWidth) * size
      // From coming to played within one bar, and towards both edges to nothing.
      const played = Math.min(1, Math.max(0, 0.5 - (centre - middle) / pitch))
      const edge = Math.min(1, Math.max(0, Math.min(centre, width - centre) / (4 * pitch)))
      const isInside = bar >= 0 && bar < levels.length
      const shade = isInside ? (comingShade + (255 - comingShade) * played) * edge : outsideShade * edge
      mask.fillBar(centre, barsHeight / 2, barHeight, Math.round(shade))
    }
    const share = Math.min(1, (frame + 1) / frames)
    mask.fillTrack(share * width, height - trackHeight)
    yield mask.bytes
  }
}

class Mask {
  readonly bytes: Uint8Array
  readonly #width: number

  constructor(width: number, height: number) {
    this.#width = width
    this.bytes = new Uint8Array(width * height)
  }

  clear(): void {
    this.bytes.fill(0)
  }

  /** A vertical bar with round ends. */
  fillBar(centre: number, middle: number, height: number, shade: number): void {
    if (shade === 0) return
    const radius = barWidth / 2
    const top = middle - height / 2
    const bottom = middle + height / 2
    for (let y = Math.floor(top); y < bottom; y += 1) {
      const row = y + 0.5
      const fromEnd = Math.min(row - top, bottom - row)
      const above = radius - fromEnd
      const half = above <= 0 ? radius : Math.sqrt(Math.max(0, radius * radius - above * above))
      if (half > 0) this.#fillRow(y, centre - half, centre + half, shade)
    }
  }

  /** A horizontal line with round ends. */
  fillTrack(length: number, top: number): void {
    const radius = trackHeight / 2
    for (let y = 0; y < trackHeight; y += 1) {
      const above = Math.abs(y + 0.5 - radius)
      const inset = radius - Math.sqrt(radius * radius - above * above)
      if (length > 2 * inset) this.#fillRow(top + y, inset, length - inset, 255)
    }
  }

  /** Edges within a pixel are shaded by their share of it. */
  #fillRow(y: number, from: number, to: number, shade: number): void {
    const left = Math.max(0, from)
    const right = Math.min(this.#width, to)
    if (right <= left) return
    const start = y * this.#width
    const [firstFull, endFull] = [Math.ceil(left), Math.floor(right)]
    if (firstFull > endFull) {
      this.bytes[start + endFull] = (right - left) * shade
      return
    }
    this.bytes.fill(shade, start + firstFull, start + endFull)
    if (firstFull > left) this.bytes[start + firstFull - 1] = (firstFull - left) * shade
    if (right > endFull) this.bytes[start + endFull] = (right - endFull) * shade
  }
}
