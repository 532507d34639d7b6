import { randomUUID } from 'node:crypto'
import { grant } from '../domains/credits/index.ts'
import type { CreditHold } from '../generated/prisma/client.ts'
import type { TestApp } from './app.ts'
import { encodeWav } from './audio.ts'
import { createUser } from './factories.ts'
import { completed } from './upload-steps.ts'

/** Two seconds. */
export const speech = encodeWav([{ seconds: 2, isSilent: false }])

export interface MutationResult {
  readonly __typename: string
  readonly code?: string
  readonly message?: string
  readonly issues?: readonly { readonly path: readonly string[]; readonly message: string }[]
  readonly video?: Readonly<Record<string, unknown>> & { readonly id: string }
}

/** A user with 100 credits who sends the operations of videos over HTTP. */
export interface VideoUser {
  readonly email: string
  readonly id: string
  upload(bytes?: Uint8Array): Promise<string>
  /** Sends generateVideo; the title and the key may be omitted. */
  generate(input: object): Promise<MutationResult>
  /** The ID of a video that is accepted. */
  generated(input: object): Promise<string>
  /** Sends another mutation, as another user if `as` is given. */
  change(mutation: string, input: object, as?: string): Promise<MutationResult>
  read(videoId: string): Promise<Readonly<Record<string, unknown>>>
  /** The balance and what is counted. */
  state(): Promise<{ readonly balance: number | null; readonly videos: number; readonly bytes: number }>
  holds(): Promise<CreditHold[]>
}

const fields = `id title status step progressPercent failure creditCost durationSeconds byteSize finishedAt
  transcript { startSeconds endSeconds text } attributions { sourceUrl }
  poster { url } preview { url } download { url } captions { url }`

export async function createVideoUser(app: TestApp, email: string): Promise<VideoUser> {
  const { id } = await createUser(app, email)
  const { prisma } = app.app.db
  const gift = {
    userId: id,
    amount: 100,
    source: 'GIFTS',
    key: `gift:${id}`,
    description: 'Gift',
    now: app.now,
  } as const
  await app.app.db.transaction((tx) => grant(tx, gift))

  const ask = async (as: string, source: string, variables: object) => {
    const { data, errors } = await app.query(as, source, variables)
    if (errors) throw new Error(JSON.stringify(errors))
    return data as Record<string, unknown>
  }
  const change: VideoUser['change'] = async (mutation, input, as = email) => {
    const name = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}`
    const video = mutation === 'deleteVideo' ? '' : `... on ${name}Payload { video { ${fields} } }`
    const source = `mutation ($input: ${name}Input!) { ${mutation}(input: $input) { __typename ${video}
      ... on Error { code message } ... on InvalidInputError { issues { path message } } } }`
    return (await ask(as, source, { input }))[mutation] as MutationResult
  }
  const user: VideoUser = {
    email,
    id,
    change,
    upload: async (bytes = speech) =>
      (await completed(app, email, bytes, { kind: 'AUDIO', filename: 'talk.wav', contentType: 'audio/wav' })).upload.id,
    generate: (input) => change('generateVideo', { title: 'Morning talk', idempotencyKey: randomUUID(), ...input }),
    async generated(input) {
      const { video } = await user.generate(input)
      if (!video) throw new Error('The video was refused.')
      return video.id
    },
    async read(videoId) {
      const source = `query ($id: ID!) { node(id: $id) { ... on Video { ${fields} } } }`
      return (await ask(email, source, { id: videoId })).node as Record<string, unknown>
    },
    async state() {
      const { balance } = await prisma.ledgerAccount.findFirstOrThrow({ where: { userId: id } })
      const counters = await prisma.usageCounter.findMany({ where: { userId: id } })
      const used = (meter: string) => Number(counters.find((counter) => counter.meter === meter)?.used ?? 0)
      return { balance, videos: used('VIDEOS'), bytes: used('STORAGE_BYTES') }
    },
    holds: () =>
      prisma.creditHold.findMany({
        where: { reference: { startsWith: 'video:' }, userId: id },
        orderBy: { reference: 'asc' },
      }),
  }
  return user
}
