import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RenderedFiles, RenderRequest, VideoRenderer } from '../../domains/videos/ports.ts'
import type { ChildLimits } from '../../platform/child-process/run-child.ts'
import { barsMask } from './bars-mask.ts'
import { captionList } from './caption-list.ts'
import { createContent } from './content.ts'
import { drawCards } from './draw-cards.ts'
import { createOutputs, joinArgs, pictureArgs } from './encoding.ts'
import type { FfmpegRunner } from './ffmpeg-runner.ts'
import { framesPerSecond, sizeOf } from './geometry.ts'
import { createGraph, inputOf } from './graph.ts'
import { readProgress } from './progress.ts'
import { sampleLevels, sampleRequest, sampleSeconds } from './sample.ts'
import { levelSampleRate, measureLevels } from './sound-levels.ts'
import { findTemplate, templates } from './templates/list.ts'
import type { Part, TemplatePlan, VideoContent } from './templates/template.ts'

/** Those of every template; ffmpeg 4.1 has them. */
const requiredFilters = ['alphamerge', 'overlay', 'loop', 'split', 'asplit', 'scale', 'loudnorm', 'silencedetect']
/** Where the poster is taken from, if the video is long enough. */
const posterSeconds = 2
const captionsFile = 'captions.txt'

/** Renders videos with ffmpeg and cards drawn by a canvas. Each template is a file of templates/. */
export function createVideoRenderer(ffmpeg: FfmpegRunner): VideoRenderer {
  return {
    templates,
    sizeOf,
    inspect(options) {
      const filters = new Set([...requiredFilters, ...templates.flatMap(({ ffmpegFilters }) => ffmpegFilters)])
      return ffmpeg.inspect([...filters], options)
    },
    render: (request, options) => render(ffmpeg, request, options),
    drawSample: (templateKey, output, options) => drawSample(ffmpeg, templateKey, output, options),
  }
}

type RenderOptions = Parameters<VideoRenderer['render']>[1]
type Run = (args: readonly string[], options?: Partial<Parameters<FfmpegRunner['run']>[0]>) => Promise<void>

async function render(
  ffmpeg: FfmpegRunner,
  request: RenderRequest,
  { signal, onProgress }: RenderOptions,
): Promise<RenderedFiles> {
  const { folder } = request
  const { container, durationSeconds } = request.audio
  const template = findTemplate(request.templateKey)
  const content = createContent(request, template)
  const plan = template.plan(content)
  const audio = inputOf(container, request.audioFile)
  let cpuSeconds = await drawCards(template.key, content, { folder, signal })
  const run: Run = async (args, options = {}) => {
    const used = await ffmpeg.run({ args, cwd: folder, signal, limits: limitsFor(durationSeconds), ...options })
    cpuSeconds += used.cpuSeconds
  }
  const levels = plan.bars === null ? null : await readLevels(run, audio, durationSeconds)

  const whole = { full: join(folder, 'video.mp4'), preview: join(folder, 'preview.mp4') }
  const isOnePart = plan.parts.length === 1
  for (const [at, part] of plan.parts.entries()) {
    const composed = await composePart({ content, plan, part, levels, folder, firstInput: isOnePart ? 1 : 0 })
    const outputs = createOutputs({
      size: content.size,
      video: composed.video,
      audio: isOnePart ? '0:a:0' : null,
      durationSeconds: isOnePart ? durationSeconds : (part.endFrame - part.startFrame) / framesPerSecond,
      ...(isOnePart ? whole : partFiles(folder, at)),
    })
    const inputs = [...(isOnePart ? audio : []), ...composed.inputs]
    const filters = [composed.filters, ...outputs.filters].join(';')
    await run(['-progress', 'pipe:1', ...inputs, '-filter_complex', filters, ...outputs.args], {
      input: composed.input,
      onLine: readProgress((frames) => onProgress(Math.min(1, (part.startFrame + frames) / content.frames))),
    })
  }
  if (!isOnePart) await run(await joinParts(folder, plan.parts.length, { audio, durationSeconds, ...whole }))
  const poster = join(folder, 'poster.jpg')
  await run([
    ...inputOf('mov', whole.full, ['-ss', String(Math.min(posterSeconds, durationSeconds / 2))]),
    ...pictureArgs(poster),
  ])
  onProgress(1)
  return { video: whole.full, preview: whole.preview, poster, durationSeconds, cpuSeconds }
}

/** On one busy core it takes 3 s for a second of video. */
function limitsFor(durationSeconds: number): ChildLimits {
  return {
    wallMs: 120_000 + durationSeconds * 15_000,
    // Progress twice a second, or the sound for the levels.
    outputBytes: 32 * 1024 * 1024 + durationSeconds * 2 * levelSampleRate,
    // About 350 MB for 1080 × 1920, most of it x264's frames in advance.
    memoryBytes: 1_200 * 1024 * 1024,
  }
}

/** The loudness of the sound over time: for the bars, which show what is still to come. */
async function readLevels(run: Run, audio: readonly string[], durationSeconds: number): Promise<Float32Array> {
  const sound = measureLevels()
  const pcm = ['-ac', '1', '-ar', String(levelSampleRate), '-f', 's16le', 'pipe:1']
  await run([...audio, '-map', '0:a:0', '-t', durationSeconds.toFixed(6), ...pcm], { onOutput: sound.write })
  return sound.levels()
}

interface PartOptions {
  readonly content: VideoContent
  readonly plan: TemplatePlan
  readonly part: Part
  readonly levels: Float32Array | null
  readonly folder: string
  readonly firstInput: number
}

async function composePart({ content, plan, part, levels, folder, firstInput }: PartOptions) {
  const graph = createGraph(plan.stills, firstInput)
  let captions: string | null = null
  if (plan.captions) {
    await writeFile(join(folder, captionsFile), captionList(content.cues, part))
    captions = graph.pictures(captionsFile)
  }
  const bars = plan.bars && levels ? graph.grayFrames(plan.bars) : null
  const video = plan.compose(graph, part, { captions, bars })
  return {
    video,
    inputs: graph.inputs,
    filters: graph.filters(),
    input: plan.bars && levels ? barsMask(levels, plan.bars, content.frames) : undefined,
  }
}

function partFiles(folder: string, at: number) {
  return { full: join(folder, `part-${at}.mp4`), preview: join(folder, `preview-part-${at}.mp4`) }
}

interface JoinOptions {
  readonly audio: readonly string[]
  readonly durationSeconds: number
  readonly full: string
  readonly preview: string
}

/** The command that joins the parts. */
async function joinParts(folder: string, parts: number, { audio, ...options }: JoinOptions): Promise<string[]> {
  const listOf = async (file: string, prefix: string) => {
    const lines = Array.from({ length: parts }, (_, at) => `file '${prefix}${at}.mp4'`)
    await writeFile(join(folder, file), ['ffconcat version 1.0', ...lines, ''].join('\n'))
    return inputOf('concat', file, ['-safe', '1'])
  }
  const fullParts = await listOf('parts.txt', 'part-')
  return joinArgs({ audio, fullParts, previewParts: await listOf('preview-parts.txt', 'preview-part-'), ...options })
}

async function drawSample(
  ffmpeg: FfmpegRunner,
  templateKey: string,
  output: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const folder = dirname(output)
  const template = findTemplate(templateKey)
  const content = createContent(sampleRequest(templateKey), template)
  const plan = template.plan(content)
  await drawCards(templateKey, content, { folder, signal })
  const part = { startFrame: 0, endFrame: content.frames }
  const composed = await composePart({ content, plan, part, levels: sampleLevels(), folder, firstInput: 0 })
  await ffmpeg.run({
    args: [
      ...[...composed.inputs, '-filter_complex', composed.filters, '-map', `[${composed.video}]`],
      ...['-ss', String(sampleSeconds), ...pictureArgs(output)],
    ],
    cwd: folder,
    signal,
    limits: limitsFor(sampleSeconds),
    input: composed.input,
  })
}
