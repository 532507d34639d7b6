import { join } from 'node:path'
import type { VideoStep } from '../../../generated/prisma/enums.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import { findUpload } from '../../uploads/index.ts'
import { plainPlan } from '../plain-plan.ts'
import { type AudioProbe, type Scene, type Transcript, VendorRefused, type VideoPlan } from '../ports.ts'
import { findTemplate } from '../queries/template-terms.ts'
import type { VideosServices } from '../services.ts'
import { readOptions, readPlan, readProbe, readScenes, readTranscript, toJson } from '../step-results.ts'
import { fitToAudio } from '../transcripts/own-transcript.ts'
import { withoutSilence } from '../transcripts/without-silence.ts'
import { fetchScenes } from './fetch-scenes.ts'
import type { VideoResult } from './finish-attempt.ts'
import { shareOf } from './progress-of-steps.ts'
import type { StepsInput } from './steps-input.ts'
import { storeFiles } from './store-files.ts'
import { readToFile } from './transfer-files.ts'

/** A file of the user was deleted before the video was rendered. */
export class FileDeleted extends Error {
  readonly file: 'audio' | 'background'

  constructor(file: 'audio' | 'background') {
    super(`The ${file} file of the video was deleted.`)
    this.file = file
  }
}

/** The user's transcript does not fit the audio file. */
export class UnusableTranscript extends Error {}

const progressEveryMs = 500

/**
 * Makes the files of an attempt and writes them to the bucket. The result of each step is stored with the video, so that an
 * attempt that continues, and a later attempt, repeat only steps without one.
 */
export async function runSteps(services: VideosServices, input: StepsInput): Promise<VideoResult> {
  const { video, folder, lease } = input
  const { signal } = lease
  const template = findTemplate(services, video.templateKey)
  if (!template) throw new Error(`There is no template ${video.templateKey}.`)
  const begin = beginStep(input)

  await begin('PROBING')
  const audioFile = join(folder, 'audio')
  if (!(await readUpload(services, video.audioUploadId, audioFile, signal))) throw new FileDeleted('audio')
  const probe = readProbe(video.probe) ?? (await probeAudio(services, input, audioFile))

  let transcript = video.isOwnTranscript ? await useOwnTranscript(input, probe) : readTranscript(video.transcript)
  if (template.needs.includes('transcript') && !transcript) {
    await begin('TRANSCRIBING')
    transcript = await transcribe(services, input, { audioFile, probe })
  }
  const { durationSeconds } = probe
  let scenes: readonly Scene[] = []
  if (template.needs.includes('pictures') && transcript) {
    await begin('PLANNING')
    const plan = readPlan(video.plan) ?? (await planScenes(services, input, { transcript, probe }))
    await begin('FETCHING_MEDIA')
    scenes = await fetchScenes(services, input, { plan, stored: readScenes(video.scenes) })
  }

  await begin('RENDERING')
  const backgroundFile = video.backgroundUploadId === null ? null : join(folder, 'background')
  if (backgroundFile !== null && !(await readUpload(services, video.backgroundUploadId, backgroundFile, signal))) {
    throw new FileDeleted('background')
  }
  const options = readOptions(video.options)
  const rendered = await services.videoRenderer.render(
    {
      templateKey: template.key,
      title: video.title,
      format: video.format,
      colours: options.colours,
      backgroundFile,
      audioFile,
      audio: { container: probe.container, durationSeconds },
      transcript,
      showsCaptions: options.showsCaptions,
      scenes,
      folder,
    },
    { signal, onProgress: progressWriter(input) },
  )
  services.videoMetrics.rendered(template.key, { video: rendered.durationSeconds, cpu: rendered.cpuSeconds })

  await begin('STORING')
  const byteSize = await storeFiles(services, { video, rendered, transcript, signal })
  return { durationSeconds: rendered.durationSeconds, hasCaptions: transcript !== null, byteSize }
}

function beginStep({ lease, onPercent }: StepsInput) {
  return async (step: VideoStep) => {
    const progressPercent = shareOf(step, 0)
    onPercent(progressPercent)
    await lease.write({ step, progressPercent })
  }
}

/** Stores the progress of rendering twice a second at most. */
function progressWriter({ lease, onPercent }: StepsInput): (fraction: number) => void {
  let writtenAt = 0
  let percent = 0
  return (fraction) => {
    const progressPercent = shareOf('RENDERING', fraction)
    const now = performance.now()
    if (progressPercent <= percent || now < writtenAt + progressEveryMs) return
    percent = progressPercent
    writtenAt = now
    onPercent(progressPercent)
    // The signal of the lease ends the work where it has ended; another failure of a write shows at the next step.
    lease.write({ progressPercent }).catch(() => undefined)
  }
}

/** False if the file was deleted. */
async function readUpload(
  { db, bucket }: VideosServices,
  uploadId: string | null,
  file: string,
  signal: AbortSignal,
): Promise<boolean> {
  const upload = uploadId && (await findUpload(db.prisma, uploadId))
  return upload ? readToFile(bucket, upload, file, signal) : false
}

async function probeAudio(
  { audioTools }: VideosServices,
  { video, lease }: StepsInput,
  audioFile: string,
): Promise<AudioProbe> {
  const { maxDurationSeconds } = video
  const probe = await audioTools.probe(audioFile, { signal: lease.signal, maxDurationSeconds })
  await lease.write({ probe: toJson(probe), durationSeconds: probe.durationSeconds })
  return probe
}

/** The user's transcript, as it fits the audio. Throws UnusableTranscript. */
async function useOwnTranscript({ video, lease }: StepsInput, probe: AudioProbe): Promise<Transcript> {
  const own = { transcript: readTranscript(video.transcript), ownText: video.ownText }
  try {
    const transcript = fitToAudio(own, probe, [])
    await lease.write({ transcript: toJson(transcript), ownText: null })
    return transcript
  } catch (error) {
    if (error instanceof InvalidInput) throw new UnusableTranscript(error.message, { cause: error })
    throw error
  }
}

interface Heard {
  readonly audioFile: string
  readonly probe: AudioProbe
}

async function transcribe(
  { audioTools, transcriber }: VideosServices,
  { video, folder, lease }: StepsInput,
  { audioFile, probe }: Heard,
): Promise<Transcript> {
  const { signal } = lease
  if (!transcriber) throw new VendorRefused('Groq', null, 'GROQ_API_KEY is not set.')
  const output = join(folder, 'speech.ogg')
  await audioTools.convertForTranscription(audioFile, { container: probe.container, output }, { signal })
  const { language } = readOptions(video.options)
  const transcript = withoutSilence(await transcriber.transcribe(output, { signal, language }), probe.silences)
  await lease.write({ transcript: toJson(transcript) })
  return transcript
}

async function planScenes(
  { planner, log }: VideosServices,
  { video, lease }: StepsInput,
  { transcript, probe }: { readonly transcript: Transcript; readonly probe: AudioProbe },
): Promise<VideoPlan> {
  const { signal } = lease
  const subject = { title: video.title, transcript, durationSeconds: probe.durationSeconds }
  let plan: VideoPlan = { title: null, scenes: [] }
  try {
    if (planner) plan = await planner.plan(subject, { signal })
  } catch (error) {
    if (!(error instanceof VendorRefused)) throw error
    log.warn({ err: error, videoId: video.id }, 'the scenes of a video are planned without a language model')
  }
  if (plan.scenes.length === 0) plan = plainPlan(subject)
  const pictureCount = Math.max(video.pictureCount, plan.scenes.length)
  await lease.write({ plan: toJson(plan), pictureCount })
  return plan
}
