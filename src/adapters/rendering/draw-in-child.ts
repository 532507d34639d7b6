import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { type Canvas, createCanvas } from '@napi-rs/canvas'
import { UnreadablePicture } from '../../domains/videos/ports.ts'
import { captionFile, type DrawOrder, type DrawResult, emptyCaption } from './draw-order.ts'
import { registerFonts } from './fonts.ts'
import { loadPicture } from './load-picture.ts'
import { type StillKind, stillFile } from './still.ts'
import { findTemplate } from './templates/list.ts'

async function draw({ templateKey, content, folder, drawsStills, firstCue, endCue }: DrawOrder): Promise<void> {
  const { stills, captions } = findTemplate(templateKey).plan(content)
  const cues = content.cues.slice(firstCue, endCue)
  const names = content.scenes.map(({ attribution }) => attribution?.photographer ?? '')
  registerFonts([content.title, ...cues.map(({ text }) => text), ...names])
  if (drawsStills) {
    for (const still of stills) {
      const canvas = createCanvas(still.size.width, still.size.height)
      await still.draw(canvas.getContext('2d'), { load: loadPicture })
      await writeFile(join(folder, stillFile(still)), await encode(canvas, still.kind))
    }
    if (captions) {
      const empty = createCanvas(captions.area.width, captions.area.height)
      await writeFile(join(folder, emptyCaption), await encode(empty, 'transparent'))
    }
  }
  if (!captions) return
  const canvas = createCanvas(captions.area.width, captions.area.height)
  const context = canvas.getContext('2d')
  for (const [at, cue] of cues.entries()) {
    context.clearRect(0, 0, canvas.width, canvas.height)
    captions.draw(context, cue)
    await writeFile(join(folder, captionFile(firstCue + at)), await encode(canvas, 'transparent'))
  }
}

async function encode(canvas: Canvas, kind: StillKind): Promise<Buffer> {
  if (kind === 'card') return canvas.data()
  return kind === 'photo' ? canvas.encode('jpeg', 95) : canvas.encode('png')
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
