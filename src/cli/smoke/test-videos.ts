import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  CreditsQuery,
  DeleteVideoMutation,
  GenerateVideoMutation,
  RequestUploadMutation,
  VideoQuery,
  VideosQuery,
} from '../../../operations/typed-operations.ts'
import type { Client } from '../api/client.ts'
import { makeAudio } from './audio.ts'
import { type Done, isUnknownToServer, Skipped, type Step } from './step-report.ts'
import { complete, messageOf, put, type UploadRequest } from './upload-file.ts'
import { readBoxes } from './video-boxes.ts'

const pollMs = 500
const templateKey = 'waveform'

/**
 * Makes a video of a second, downloads it and deletes it, and checks what it costs. Skipped where the template is
 * unavailable, and where the user has too few credits or has made the videos that the plan allows.
 */
export async function testVideos(step: Step, client: Client, waitSeconds: number): Promise<void> {
  const price = await step('video template', 'Check PLANS_FILE.', () => readPrice(client))
  if (price === null) return
  const uploadTodo = 'Run `doctor` with the configuration of the server: it checks the database and the bucket.'
  const audio = makeAudio()
  const { uploadId, request } = await step('request audio', uploadTodo, () => requestAudio(client, audio))
  await step('put audio', uploadTodo, () => put(request, audio))
  await step('complete audio', uploadTodo, () => complete(client, uploadId))
  const video = await step('generate video', 'See the log of the server.', () => generate(client, uploadId))
  if (video === null) return
  const left = price.balance - video.creditCost
  let isReady = false
  try {
    const workerTodo = 'Check that a worker runs and finds ffmpeg: `doctor`, and `jobs list --name videos.render-next`.'
    const url = await step('video ready', workerTodo, () => waitUntilReady(client, video.id, waitSeconds))
    isReady = true
    await step('download video', 'Run `doctor`: it checks the bucket.', () => download(url))
    await step('video credits', 'Run `ledger verify`.', () => checkBalance(client, left))
  } finally {
    await step('delete video', `Delete the video ${video.id} by hand.`, () => remove(client, video.id))
  }
  if (isReady) await step('credits kept', 'Run `ledger verify`.', () => checkBalance(client, left))
}

interface Price {
  readonly creditCost: number
  readonly balance: number
}

async function readPrice(client: Client): Promise<Done<Price>> {
  const { videoTemplates } = await readTemplates(client)
  const template = videoTemplates.find(({ key }) => key === templateKey)
  if (!template) throw new Error(`there is no template ${templateKey}`)
  if (!template.available) throw new Skipped(`${template.name} is unavailable: ${template.unavailableReason}`)
  const balance = await readBalance(client)
  const { name, creditCost } = template
  if (balance < creditCost) throw new Skipped(`${name} costs ${creditCost} credits, and the user has ${balance}`)
  return [`${name}, ${creditCost} of ${balance} credits`, { creditCost, balance }]
}

async function readTemplates(client: Client): Promise<VideosQuery> {
  try {
    return await client.execute<VideosQuery>('Videos', { first: 1 })
  } catch (error) {
    if (isUnknownToServer(error)) throw new Skipped("the server's schema has no videos")
    throw error
  }
}

async function readBalance(client: Client): Promise<number> {
  const { me } = await client.execute<CreditsQuery>('Credits', { first: 1 })
  if (typeof me?.creditBalance !== 'number') throw new Error('the response has no balance')
  return me.creditBalance
}

async function requestAudio(
  client: Client,
  { length: byteSize }: Uint8Array,
): Promise<Done<{ readonly uploadId: string; readonly request: UploadRequest }>> {
  const input = {
    kind: 'AUDIO',
    filename: 'smoke-test.wav',
    contentType: 'audio/wav',
    byteSize,
    idempotencyKey: `smoke ${randomUUID()}`,
  }
  const { requestUpload: answer } = await client.execute<RequestUploadMutation>('RequestUpload', { input })
  if (answer?.__typename !== 'RequestUploadPayload') throw new Error(messageOf(answer))
  const { upload, request } = answer
  if (!request) throw new Error('the response has no presigned request')
  return [`${byteSize} bytes`, { uploadId: upload.id, request }]
}

interface GeneratedVideo {
  readonly id: string
  readonly creditCost: number
}

async function generate(client: Client, uploadId: string): Promise<Done<GeneratedVideo>> {
  const input = { uploadId, templateKey, title: 'Smoke test', idempotencyKey: `smoke ${randomUUID()}` }
  const { generateVideo: answer } = await client.execute<GenerateVideoMutation>('GenerateVideo', { input })
  if (answer?.__typename === 'QuotaExceededError') throw new Skipped(answer.message)
  if (answer?.__typename !== 'GenerateVideoPayload') throw new Error(messageOf(answer))
  return [`${answer.video.creditCost} credits held`, answer.video]
}

async function videoOf(client: Client, id: string) {
  const { node } = await client.execute<VideoQuery>('Video', { id })
  return node?.__typename === 'Video' ? node : null
}

async function waitUntilReady(client: Client, id: string, waitSeconds: number): Promise<Done<string>> {
  const deadline = performance.now() + waitSeconds * 1_000
  for (;;) {
    const video = await videoOf(client, id)
    if (!video) throw new Error('it was not found')
    const { status, durationSeconds, byteSize, download, failure } = video
    if (status === 'READY') {
      if (!download) throw new Error('it is READY and has no download')
      return [`${durationSeconds?.toFixed(1)} s, ${byteSize} bytes with preview and poster`, download.url]
    }
    if (status === 'FAILED' || status === 'CANCELLED') throw new Error(failure ?? `it is ${status}`)
    if (performance.now() >= deadline) throw new Error(`it is still ${status} after ${waitSeconds} s`)
    await sleep(pollMs)
  }
}

async function download(url: string): Promise<Done<null>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) })
  if (!response.ok) throw new Error(`the bucket answered ${response.status}`)
  const type = response.headers.get('content-type')
  const file = await response.bytes()
  if (type !== 'video/mp4') throw new Error(`it is sent as ${type}, not as video/mp4`)
  const boxes = readBoxes(file)
  const [first] = boxes
  const [moov, mdat] = [boxes.indexOf('moov'), boxes.indexOf('mdat')]
  if (first !== 'ftyp' || moov < 0 || mdat < moov) {
    throw new Error(`a player cannot begin before it has the whole file: its boxes are ${boxes.join(', ')}`)
  }
  return [`${file.length} bytes, fast start`, null]
}

async function checkBalance(client: Client, expected: number): Promise<Done<null>> {
  const balance = await readBalance(client)
  if (balance !== expected) throw new Error(`the user has ${balance} credits instead of ${expected}`)
  return [`${balance} credits`, null]
}

async function remove(client: Client, videoId: string): Promise<Done<null>> {
  const { deleteVideo: answer } = await client.execute<DeleteVideoMutation>('DeleteVideo', { input: { videoId } })
  if (answer?.__typename !== 'DeleteVideoPayload') throw new Error(messageOf(answer))
  if (await videoOf(client, videoId)) throw new Error('it was not deleted')
  return ['deleted, with its files', null]
}
