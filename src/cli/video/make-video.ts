import { randomUUID } from 'node:crypto'
import { createWriteStream, openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  CompleteUploadMutation,
  GenerateVideoMutation,
  RequestUploadMutation,
  VideoQuery,
} from '../../../operations/typed-operations.ts'
import type { Client } from '../api/client.ts'
import { counted } from '../terminal/counted.ts'
import { startProgress } from '../terminal/progress.ts'

export interface VideoToMake {
  /** The audio file. */
  readonly file: string
  readonly templateKey: string
  readonly title: string
  /** Where the video is written. */
  readonly output: string
  readonly waitSeconds: number
}

const pollMs = 1_000
const transferMs = 10 * 60_000

/** Makes a video over the public API, as a front end does. Throws with what the server says if it is refused or fails. */
export async function makeVideo(client: Client, video: VideoToMake): Promise<void> {
  const uploadId = await upload(client, video.file)
  const { templateKey, title } = video
  const input = { uploadId, templateKey, title, idempotencyKey: `cli ${randomUUID()}` }
  const { generateVideo } = await client.execute<GenerateVideoMutation>('GenerateVideo', { input })
  if (generateVideo?.__typename !== 'GenerateVideoPayload') throw new Error(messageOf(generateVideo))
  const { id, creditCost } = generateVideo.video
  process.stderr.write(`The video costs ${counted(creditCost, 'credit')}.\n`)
  const url = await waitForVideo(client, id, video.waitSeconds)
  const response = await fetch(url, { signal: AbortSignal.timeout(transferMs) })
  if (!response.ok || !response.body) throw new Error(`the bucket answered ${response.status}`)
  await pipeline(response.body, createWriteStream(video.output))
  process.stdout.write(`${video.output}\n`)
}

async function upload(client: Client, file: string): Promise<string> {
  const body = await openAsBlob(file)
  const input = {
    kind: 'AUDIO',
    filename: basename(file),
    contentType: '',
    byteSize: body.size,
    idempotencyKey: `cli ${randomUUID()}`,
  }
  const { requestUpload } = await client.execute<RequestUploadMutation>('RequestUpload', { input })
  if (requestUpload?.__typename !== 'RequestUploadPayload') throw new Error(messageOf(requestUpload))
  const { upload: requested, request } = requestUpload
  if (!request) throw new Error('The file is larger than 64 MiB. Upload it in parts with a front end.')
  const headers = request.headers.map(({ name, value }): [string, string] => [name, value])
  const response = await fetch(request.url, {
    method: 'PUT',
    headers,
    body,
    signal: AbortSignal.timeout(transferMs),
  })
  if (!response.ok) throw new Error(`the bucket answered ${response.status}`)
  const { completeUpload } = await client.execute<CompleteUploadMutation>('CompleteUpload', {
    input: { uploadId: requested.id },
  })
  if (completeUpload?.__typename !== 'CompleteUploadPayload') throw new Error(messageOf(completeUpload))
  return requested.id
}

/** The URL of the video once it is ready. */
async function waitForVideo(client: Client, id: string, waitSeconds: number): Promise<string> {
  const deadline = performance.now() + waitSeconds * 1_000
  const progress = startProgress({ total: 100, unit: 'percent' })
  let percent = 0
  try {
    for (;;) {
      const { node } = await client.execute<VideoQuery>('Video', { id })
      if (node?.__typename !== 'Video') throw new Error('The video was deleted.')
      progress.add(Math.max(0, node.progressPercent - percent))
      percent = Math.max(percent, node.progressPercent)
      progress.note(node.step ?? node.status)
      if (node.status === 'READY' && node.download) return String(node.download.url)
      if (node.status === 'FAILED') throw new Error(node.failure ?? 'The video has failed.')
      if (node.status === 'CANCELLED') throw new Error('The video was cancelled.')
      if (performance.now() >= deadline) {
        throw new Error(`The video is still ${node.status} after ${waitSeconds} s. Check that a worker runs: doctor.`)
      }
      await sleep(pollMs)
    }
  } finally {
    progress.stop()
  }
}

interface Refusal {
  readonly code?: string
  readonly message?: string
}

function messageOf(answer: Refusal | null | undefined): string {
  return answer?.message ?? 'The server returned no result.'
}
