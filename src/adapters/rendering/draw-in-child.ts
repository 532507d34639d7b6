import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import { UnreadablePicture } from '../../domains/videos/ports.ts'
import { captionFile, type DrawOrder, type DrawResult, emptyCaption } from './draw-order.ts'
import { registerFonts } from './fonts.ts'
import type { Size } from './geometry.ts'
import { loadPicture } from './load-picture.ts'
import { findTemplate } from './templates/list.ts'

async function draw({ templateKey, content, folder, drawsStills, firstCue, endCue }: DrawOrder): Promise<void> {
  const { stills, captions } = findTemplate(templateKey).plan(content)
  const cues = content.cues.slice(firstCue, endCue)
  const names = content.scenes.map(({ attribution }) => attribution?.photographer ?? '')
  registerFonts([content.title, ...cues.map(({ text }) => text), ...names])
  const write = (name: string, size: Size, paint: (context: SKRSContext2D) => Promise<void> | void) =>
    drawPng(join(folder, name), size, paint)
  if (drawsStills) {
    for (const still of stills) {
      await write(`${still.name}.png`, still.size, (context) => still.draw(context, { load: loadPicture }))
    }
    if (captions) await write(emptyCaption, captions.area, () => undefined)
  }
  if (!captions) return
  const canvas = createCanvas(captions.area.width, captions.area.height)
  const context = canvas.getContext('2d')
  for (const [at, cue] of cues.entries()) {
    context.clearRect(0, 0, canvas.width, canvas.height)
    captions.draw(context, cue)
    await writeFile(join(folder, captionFile(firstCue + at)), await canvas.encode('png'))
  }
}

async function drawPng(file: string, { width, height }: Size, paint: (context: SKRSContext2D) => Promise<void> | void) {
  const canvas = createCanvas(width, height)
  await paint(canvas.getContext('2d'))
  await writeFile(file, await canvas.encode('png'))
}

/** Where memory runs out, the kernel ends this process and not the worker. Only Linux has the file. */
function preferToBeKilled(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // It is a preference.
  }
}

async function run(): Promise<DrawResult['unreadable']> {
  try {
    await draw((await json(process.stdin)) as DrawOrder)
    return null
  } catch (error) {
    if (error instanceof UnreadablePicture) return error.reason
    throw error
  }
}

// A program: draw-cards.ts runs it, sends the order to its stdin and reads the result from its stdout.
preferToBeKilled()
const unreadable = await run()
const { user, system } = process.cpuUsage()
const result: DrawResult = { cpuSeconds: (user + system) / 1_000_000, unreadable }
process.stdout.write(JSON.stringify(result))
