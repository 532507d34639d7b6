import { describe, expect, it } from 'vitest'
import { barsMask } from './bars-mask.ts'
import { levelSampleRate, levelSeconds, measureLevels } from './sound-levels.ts'

const size = { width: 400, height: 144 }
/** Of the bars without the progress line. */
const barsHeight = 100

/** The height of the bar at this place, in pixels. */
function heightAt(mask: Uint8Array, x: number): number {
  return Array.from({ length: barsHeight }, (_, y) => mask[y * size.width + x] ?? 0).filter((shade) => shade > 30)
    .length
}

function frames(levels: number[], count: number): Uint8Array[] {
  return Array.from(barsMask(Float32Array.from(levels), size, count), (mask) => mask.slice())
}

describe('barsMask', () => {
  it('shows the level that is heard in the middle, and moves with time', () => {
    const levels = Array.from({ length: 60 }, (_, at) => (at === 10 ? 1 : 0))
    const all = frames(levels, 90)
    const loudest = all.map((mask, frame) => ({ frame, height: heightAt(mask, size.width / 2) }))
    const { frame } = loudest.reduce((most, one) => (one.height > most.height ? one : most))
    expect(frame / 30).toBeCloseTo(10.5 * levelSeconds, 0)
    expect(heightAt(all[frame]!, size.width / 2)).toBeGreaterThan(90)
    // A second earlier it was to the right.
    expect(heightAt(all[frame - 15]!, size.width / 2)).toBeLessThan(20)
  })

  it('draws the progress line from nothing to the whole width', () => {
    const all = frames([0.5], 60)
    const lengths = all.map((mask) => {
      const row = mask.subarray((size.height - 4) * size.width, (size.height - 3) * size.width)
      return row.filter((shade) => shade > 128).length
    })
    expect(lengths[0]).toBeLessThan(10)
    expect(lengths[30]).toBeCloseTo(size.width / 2, -1.5)
    expect(lengths.at(-1)).toBe(size.width)
  })

  it('has no sound as dots, and stays within its bytes', () => {
    for (const mask of frames([0, 0, 1, 1.5, 0], 20)) {
      expect(mask).toHaveLength(size.width * size.height)
      expect(heightAt(mask, 60)).toBeLessThan(20)
    }
  })
})

describe('measureLevels', () => {
  const tone = (amplitude: number, seconds: number) => {
    const samples = Array.from({ length: levelSampleRate * seconds }, (_, at) => amplitude * Math.sin(at / 3) * 32_000)
    return Buffer.from(Int16Array.from(samples).buffer)
  }

  it('measures relative to the loud parts, however the bytes come', () => {
    const pcm = Buffer.concat([tone(0.01, 1.2), tone(0.0001, 1.2)])
    const whole = measureLevels()
    whole.write(pcm)
    const levels = whole.levels()
    expect(levels).toHaveLength(20)
    expect(levels[5]).toBeGreaterThan(0.9)
    expect(levels[15]).toBe(0)
    const pieces = measureLevels()
    for (let at = 0; at < pcm.length; at += 777) pieces.write(pcm.subarray(at, at + 777))
    expect(pieces.levels()).toEqual(levels)
  })

  it('has no bars for silence', () => {
    const silence = measureLevels()
    silence.write(Buffer.alloc(12_000))
    expect(Math.max(...silence.levels())).toBe(0)
  })
})
