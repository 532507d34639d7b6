import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeWav } from '../src/testing/audio.ts'
import type { ChaosUser } from './environment.ts'
import type { Acknowledged } from './load.ts'

export interface FileToSend {
  readonly kind: string
  readonly filename: string
  readonly bytes: Uint8Array
}

export interface VideoLoad {
  readonly done: Acknowledged
  /** Resolves to the result of the mutation, which is of one of these types. */
  execute<Result>(user: ChaosUser, query: string, variables: object, ...wanted: readonly string[]): Promise<Result>
  /** Resolves to the id of the completed upload. */
  sendFile(user: ChaosUser, file: FileToSend): Promise<string>
  isOver(): boolean
}

const speech = encodeWav([{ seconds: 1, isSilent: false }])
/** A video that takes longer is left to itself: the user makes the next one. */
const waitMs = 30_000

/**
 * Makes one video after another for a user. Each is requested twice at once with the same key. Some are cancelled or
 * deleted while they wait or are rendered, some are made again, and some are deleted once they have ended.
 */
export async function makeVideos(load: VideoLoad, user: ChaosUser): Promise<void> {
  const uploadId = await load.sendFile(user, { kind: 'AUDIO', filename: 'talk.wav', bytes: speech })
  while (!load.isOver()) {
    await sleep(200 + Math.random() * 600)
    const videoId = await generate(load, user, uploadId)
    if (videoId === null) continue
    const chance = Math.random()
    if (chance < 0.4) await sleep(Math.random() * 6_000)
    if (chance < 0.25) await cancel(load, user, videoId)
    else if (chance < 0.4) {
      await remove(load, user, videoId)
      continue
    }
    await waitUntilEnded(load, user, videoId)
    if (Math.random() < 0.4 && !load.isOver()) {
      await retry(load, user, videoId)
      await waitUntilEnded(load, user, videoId)
    }
    if (Math.random() < 0.3) await remove(load, user, videoId)
  }
}

interface Requested {
  readonly __typename: string
  readonly video?: { readonly id: string }
}

/** Requests an attempt twice at once, and stores the ids of the answers. Null where it was refused. */
async function requestTwice(
  { execute, done }: VideoLoad,
  user: ChaosUser,
  { query, input, isRetry }: { readonly query: string; readonly input: object; readonly isRetry: boolean },
): Promise<string | null> {
  const wanted = ['GenerateVideoPayload', 'RetryVideoPayload', 'InsufficientCreditsError', 'VideoStateError']
  const variables = { input: { ...input, idempotencyKey: randomUUID() } }
  const request = () => execute<Requested>(user, query, variables, ...wanted)
  const answers = await Promise.all([request(), request()])
  const ids = answers.flatMap(({ video }) => video?.id ?? [])
  const [id = null] = ids
  if (id !== null) done.attempts.push({ userId: user.id, ids, isRetry })
  return id
}

const generate = (load: VideoLoad, user: ChaosUser, uploadId: string) =>
  requestTwice(load, user, {
    query: `mutation ($input: GenerateVideoInput!) { result: generateVideo(input: $input) { __typename
      ... on GenerateVideoPayload { video { id } } } }`,
    input: { uploadId, templateKey: 'waveform', title: 'Chaos', options: { format: 'SQUARE' } },
    isRetry: false,
  })

const retry = (load: VideoLoad, user: ChaosUser, videoId: string) =>
  requestTwice(load, user, {
    query: `mutation ($input: RetryVideoInput!) { result: retryVideo(input: $input) { __typename
      ... on RetryVideoPayload { video { id } } } }`,
    input: { videoId },
    isRetry: true,
  })

/** A video that has ended by itself cannot be cancelled. */
async function cancel({ execute, done }: VideoLoad, user: ChaosUser, videoId: string): Promise<void> {
  const query = 'mutation ($id: ID!) { result: cancelVideo(input: { videoId: $id }) { __typename } }'
  const answer = await execute<Requested>(user, query, { id: videoId }, 'CancelVideoPayload', 'VideoStateError')
  if (answer.__typename === 'CancelVideoPayload') done.cancelledVideos.push(videoId)
}

/** A repeated deletion finds no video. */
async function remove({ execute, done }: VideoLoad, user: ChaosUser, videoId: string): Promise<void> {
  const query = 'mutation ($id: ID!) { result: deleteVideo(input: { videoId: $id }) { __typename } }'
  await execute(user, query, { id: videoId }, 'DeleteVideoPayload', 'NotFoundError')
  done.deletedVideos.push(videoId)
}

async function waitUntilEnded({ execute, isOver }: VideoLoad, user: ChaosUser, videoId: string): Promise<void> {
  const query = 'query ($id: ID!) { result: node(id: $id) { __typename ... on Video { status } } }'
  for (const deadline = Date.now() + waitMs; Date.now() < deadline && !isOver(); await sleep(500)) {
    const { status } = await execute<{ readonly status: string }>(user, query, { id: videoId }, 'Video')
    if (status !== 'QUEUED' && status !== 'RENDERING') return
  }
}
