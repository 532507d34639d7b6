import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Canvas, createCanvas, loadImage } from '@napi-rs/canvas'
import { beforeAll, describe, expect, it } from 'vitest'
import type { VideoFormat } from '../../domains/videos/ports.ts'
import { createContent } from './content.ts'
import { fontOf, registerFonts } from './fonts.ts'
import { layOut, paintText, placeLines, placeUnits, prepare, type TextStyle } from './paint.ts'
import { sampleRequest } from './sample.ts'
import { templates } from './templates/list.ts'
import type { Template } from './templates/template.ts'

const hebrew = 'סיפורי בוקר (פרק 12) עם Pacer App'
const arabic = 'حكايات الصباح (الحلقة 12)'
const family = '👩‍👩‍👧‍👦'
const longTitle = '가나다라마바사아자차카타파하 '.repeat(20).slice(0, 200)

beforeAll(() => registerFonts([hebrew, arabic, family]))

const style: TextStyle = {
  ...{ weight: 700, colour: [255, 255, 255], align: 'center', anchor: 'middle' },
  ...{ maxSize: 60, minSize: 30, lineHeight: 1.3, maxLines: 3 },
}

function drawn(text: string): Canvas {
  const canvas = createCanvas(300, 100)
  paintText(canvas.getContext('2d'), text, { x: 0, y: 0, width: 300, height: 100 }, style)
  return canvas
}
const pixelsOf = (canvas: Canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
/** How opaque each pixel is. */
const inkOf = (text: string) => pixelsOf(drawn(text)).filter((_, at) => at % 4 === 3)
const countOf = (text: string) => inkOf(text).reduce((sum, alpha) => sum + (alpha > 0 ? 1 : 0), 0)

describe('text', () => {
  it('is drawn in Hangul, Hebrew and Arabic, not as boxes', () => {
    // A character that no font has.
    const box = inkOf('\u{10fffd}')
    for (const character of ['가', '힣', 'ש', 'م', '漢', 'あ', 'A']) {
      expect(countOf(character)).toBeGreaterThan(100)
      expect(Buffer.from(inkOf(character)).equals(Buffer.from(box))).toBe(false)
    }
    expect(Buffer.from(inkOf('가')).equals(Buffer.from(inkOf('각')))).toBe(false)
  })

  it('has emoji in colour, and a family as one', () => {
    const data = pixelsOf(drawn('😀'))
    let coloured = 0
    for (let at = 0; at < data.length; at += 4) {
      const parts = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]
      if (Math.max(...parts) - Math.min(...parts) > 80) coloured += 1
    }
    expect(coloured).toBeGreaterThan(500)
    const context = createCanvas(10, 10).getContext('2d')
    context.font = fontOf(700, 60)
    expect(context.measureText(family).width).toBeCloseTo(context.measureText('😀').width, 0)
  })

  it('places the brackets of text from right to left on the right sides', () => {
    // Brackets reach below the line, these Hebrew letters do not.
    const lowest = (text: string, side: 'left' | 'right') => {
      const ink = inkOf(text)
      const rows = Array.from({ length: 100 }, (_, y) => ink.subarray(y * 300, (y + 1) * 300))
      const columns = Array.from({ length: 300 }, (_, x) => rows.findLastIndex((row) => (row[x] ?? 0) > 128))
      const drawn = columns.filter((bottom) => bottom >= 0)
      return Math.max(...(side === 'left' ? drawn.slice(0, 10) : drawn.slice(-10)))
    }
    expect(lowest('(שלום', 'right')).toBeGreaterThan(lowest('שלום', 'right') + 3)
    expect(lowest('(שלום', 'left')).toBe(lowest('שלום', 'left'))
    expect(lowest('שלום)', 'left')).toBeGreaterThan(lowest('שלום', 'left') + 3)
    expect(lowest('שלום)', 'right')).toBe(lowest('שלום', 'right'))
  })

  it('places the words of both directions where they are drawn', () => {
    const context = createCanvas(1_000, 100).getContext('2d')
    const area = { x: 0, y: 0, width: 1_000, height: 100 }
    const fitted = layOut(context, 'שלום לכולם Pacer App עולם', area, { ...style, maxLines: 1 })
    prepare(context, fitted, style)
    const [line] = placeLines(fitted, area, style)
    const order = placeUnits(context, line!, fitted).map(({ at }) => line!.line.units[at]!.text)
    expect(order).toEqual(['עולם', 'Pacer', 'App', 'לכולם', 'שלום'])
  })
})

const formats: readonly VideoFormat[] = ['PORTRAIT_9_16', 'SQUARE', 'LANDSCAPE_16_9']

/** The first caption over the card, and over the title if that is a picture of its own. */
async function drawFrame(template: Template, format: VideoFormat, title: string): Promise<Canvas> {
  const content = createContent({ ...sampleRequest(template.key), format, title }, template)
  const { stills, captions } = template.plan(content)
  const canvas = createCanvas(content.size.width, content.size.height)
  const context = canvas.getContext('2d')
  for (const name of ['scene-0', 'card', 'title']) {
    const still = stills.find((one) => one.name === name)
    if (!still) continue
    const layer = createCanvas(still.size.width, still.size.height)
    await still.draw(layer.getContext('2d'), { load: loadImage })
    context.drawImage(layer, 0, 0)
  }
  if (captions) {
    const layer = createCanvas(captions.area.width, captions.area.height)
    captions.draw(layer.getContext('2d'), content.cues[1] ?? content.cues[0]!)
    context.drawImage(layer, captions.area.x, captions.area.y)
  }
  return canvas
}

describe.each(templates.map(({ key }) => key))('%s', (key) => {
  const template = templates.find((one) => one.key === key)!

  it('looks as its reference frames', { timeout: 60_000 }, async () => {
    const sheet = createCanvas(340, 160)
    const context = sheet.getContext('2d')
    let x = 0
    for (const format of formats) {
      const frame = await drawFrame(template, format, sampleRequest(key).title)
      const scale = 160 / frame.height
      const width = Math.min(frame.width * scale, 130)
      context.drawImage(frame, x, 0, width, (width / frame.width) * frame.height)
      x += Math.ceil(width) + 4
    }
    const file = fileURLToPath(new URL(`./reference/${key}.png`, import.meta.url))
    if (process.env.UPDATE_REFERENCE_FRAMES) {
      await mkdir(new URL('./reference/', import.meta.url), { recursive: true })
      await writeFile(file, sheet.toBuffer('image/png'))
    }
    const reference = createCanvas(340, 160)
    reference.getContext('2d').drawImage(await loadImage(await readFile(file)), 0, 0)
    const [now, then] = [pixelsOf(sheet), pixelsOf(reference)]
    const changed = now.filter((value, at) => Math.abs(value - (then[at] ?? 0)) > 24).length / now.length
    // After a change of the design: UPDATE_REFERENCE_FRAMES=1, and look at the pictures before they are committed.
    expect(changed).toBeLessThan(0.002)
  })

  it('has space for a title of 200 characters in each format', { timeout: 60_000 }, async () => {
    for (const format of formats) {
      const content = createContent({ ...sampleRequest(key), format, title: longTitle }, template)
      const { stills } = template.plan(content)
      const texts: string[] = []
      for (const still of stills.filter(({ name }) => name === 'card' || name === 'title')) {
        const context = createCanvas(still.size.width, still.size.height).getContext('2d')
        const draw = context.fillText.bind(context)
        context.fillText = (text, x, y) => {
          texts.push(text)
          const { width } = context.measureText(text)
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x + width).toBeLessThanOrEqual(still.size.width)
          expect(y).toBeGreaterThan(0)
          expect(y).toBeLessThan(still.size.height)
          draw(text, x, y)
        }
        await still.draw(context, { load: loadImage })
      }
      expect(texts.join(' ').replaceAll(' ', '')).toBe(longTitle.replaceAll(' ', ''))
    }
  })
})
