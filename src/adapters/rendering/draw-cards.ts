import { fileURLToPath } from 'node:url'
import { UnreadablePicture } from '../../domains/videos/ports.ts'
import { ChildFailed } from '../../platform/child-process/child-failed.ts'
import { runChild } from '../../platform/child-process/run-child.ts'
import type { DrawOrder, DrawResult } from './draw-order.ts'
import type { VideoContent } from './templates/template.ts'

const program = fileURLToPath(new URL('./draw-in-child.ts', import.meta.url))
/** As of the processes that read recordings: the folder is the application's own, since what is in it is executed. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/rendering', import.meta.url))
/** A card takes 20 ms. */
const cuesOfChild = 1_000
/** The canvas has 200 MB with its fonts, a picture of 50 megapixels 200 MB, and Skia some copies of it. */
const limits = { wallMs: 180_000, outputBytes: 1024 * 1024, memoryBytes: 1_200 * 1024 * 1024 }

/**
 * Draws all stills and captions of a video to PNG files of the folder, in short processes of their own: the canvas is a
 * native library that decodes pictures of users. Returns the CPU time. Throws UnreadablePicture, ChildFailed, and the
 * signal's reason.
 */
export async function drawCards(
  templateKey: string,
  content: VideoContent,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<number> {
  let cpuSeconds = 0
  for (let firstCue = 0; firstCue === 0 || firstCue < content.cues.length; firstCue += cuesOfChild) {
    const endCue = firstCue + cuesOfChild
    const order = { templateKey, content, folder, drawsStills: firstCue === 0, firstCue, endCue }
    cpuSeconds += await drawInChild(order, signal)
  }
  return cpuSeconds
}

async function drawInChild(order: DrawOrder, signal: AbortSignal): Promise<number> {
  const chunks: Buffer[] = []
  try {
    await runChild({
      command: process.execPath,
      args: ['--max-old-space-size=256', program],
      env: { NODE_COMPILE_CACHE: compileCache },
      signal,
      limits,
      input: [Buffer.from(JSON.stringify(order))],
      onOutput: (chunk) => chunks.push(chunk),
    })
  } catch (error) {
    throw error instanceof ChildFailed && error.failure === 'aborted' ? error.cause : error
  }
  const { cpuSeconds, unreadable } = JSON.parse(Buffer.concat(chunks).toString()) as DrawResult
  if (unreadable !== null) throw new UnreadablePicture(unreadable)
  return cpuSeconds
}
