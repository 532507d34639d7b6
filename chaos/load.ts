import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'svix'
import { samplePurchaseEvent } from '../src/dev/samples/revenuecat-event.ts'
import { toGlobalId } from '../src/graphql/ids.ts'
import { clerkUser } from '../src/testing/clerk.ts'
import { signPurchaseDelivery } from '../src/testing/revenuecat-events.ts'
import { send } from '../src/testing/send.ts'
import { smallFit } from '../src/testing/upload-steps.ts'
import type { ChaosEnvironment, ChaosUser } from './environment.ts'
import { type FileToSend, makeVideos } from './make-videos.ts'

/** The effects that the server has acknowledged: each must exist exactly once. */
export interface Acknowledged {
  readonly uploads: { readonly id: string; readonly userId: string }[]
  readonly grants: { readonly userId: string; readonly amount: number }[]
  readonly purchases: { readonly userId: string; readonly eventId: string }[]
  readonly clerkEvents: string[]
  readonly names: Map<string, string>
  readonly timeZones: Map<string, string>
  /** Each attempt that was requested, with all ids that the requests with its key were answered with. */
  readonly attempts: { readonly userId: string; readonly ids: readonly string[]; readonly isRetry: boolean }[]
  readonly cancelledVideos: string[]
  readonly deletedVideos: string[]
  /** Requests without a response, or with one that tells to retry. */
  failures: number
}

/** Nothing acknowledged yet. */
export const emptyAcknowledged = (): Acknowledged => ({
  uploads: [],
  grants: [],
  purchases: [],
  clerkEvents: [],
  names: new Map(),
  timeZones: new Map(),
  attempts: [],
  cancelledVideos: [],
  deletedVideos: [],
  failures: 0,
})

/** How many effects were acknowledged, renames included and changes of time zones not. */
export const countAcknowledged = ({ uploads, grants, purchases, clerkEvents, attempts }: Acknowledged): number =>
  uploads.length + grants.length + purchases.length + clerkEvents.length + attempts.length

const zones = ['Europe/Berlin', 'Asia/Seoul', 'America/New_York', 'UTC']

/**
 * Sends requests of every kind for every user until `isOver`. Each request is retried with the same key until it is
 * acknowledged.
 */
export async function makeLoad(
  environment: ChaosEnvironment,
  done: Acknowledged,
  isOver: () => boolean,
): Promise<void> {
  const load = [
    ...environment.users.map((user) => repeat(1_200, () => upload(user))),
    ...environment.users.map((user) => repeat(300, () => grant(user))),
    ...environment.users.map((user) => repeat(500, () => buy(user))),
    ...environment.users.map((user) => repeat(400, (round) => rename(user, round))),
    ...environment.users.map((user) => repeat(400, (round) => move(user, round))),
    ...environment.users.map((user) => makeVideos({ done, execute, sendFile, isOver }, user)),
  ]
  await Promise.all(load)

  async function repeat(pauseMs: number, work: (round: number) => Promise<void>): Promise<void> {
    for (let round = 1; !isOver(); round += 1) {
      await sleep(pauseMs * (0.5 + Math.random()))
      await work(round)
    }
  }

  async function upload(user: ChaosUser): Promise<void> {
    const id = await sendFile(user, { kind: 'ACTIVITY', filename: 'run.fit', bytes: smallFit })
    done.uploads.push({ id, userId: user.id })
  }

  async function sendFile(user: ChaosUser, { bytes, ...file }: FileToSend): Promise<string> {
    const input = { ...file, contentType: '', byteSize: bytes.length, idempotencyKey: randomUUID() }
    const requested = await execute<{ upload: { id: string }; request: { url: string } }>(
      user,
      `mutation ($input: RequestUploadInput!) { result: requestUpload(input: $input) { __typename
        ... on RequestUploadPayload { upload { id } request { method url headers { name value } } } } }`,
      { input },
      'RequestUploadPayload',
    )
    const sent = await send(requested.request as Parameters<typeof send>[0], bytes)
    if (!sent.ok && sent.status !== 412) throw new Error(`The bucket answered ${sent.status}.`)
    await execute(
      user,
      'mutation ($id: ID!) { result: completeUpload(input: { uploadId: $id }) { __typename } }',
      { id: requested.upload.id },
      'CompleteUploadPayload',
    )
    return requested.upload.id
  }

  async function grant({ id: userId }: ChaosUser): Promise<void> {
    const amount = 1 + Math.floor(Math.random() * 9)
    const input = { userId: toGlobalId('User', userId), amount, reason: 'Chaos', idempotencyKey: randomUUID() }
    await execute(
      environment.admin,
      'mutation ($input: GrantCreditsInput!) { result: grantCredits(input: $input) { __typename } }',
      { input },
      'GrantCreditsPayload',
    )
    done.grants.push({ userId, amount })
  }

  async function move({ id, token, clerkId }: ChaosUser, round: number): Promise<void> {
    const timeZone = zones[round % zones.length] ?? 'UTC'
    await execute(
      { id, token, clerkId },
      'mutation ($zone: String!) { result: updateProfile(input: { timeZone: $zone }) { __typename } }',
      { zone: timeZone },
      'UpdateProfilePayload',
    )
    done.timeZones.set(id, timeZone)
  }

  async function buy({ id: userId, clerkId }: ChaosUser): Promise<void> {
    const changes = { app_user_id: clerkId, transaction_id: randomUUID(), id: randomUUID() }
    const event = samplePurchaseEvent('NON_RENEWING_PURCHASE', new Date(), changes)
    const body = JSON.stringify({ api_version: '1.0', event })
    await deliver('/webhooks/revenuecat', body, () => ({
      'x-revenuecat-webhook-signature': signPurchaseDelivery(environment.purchaseSecret, body, new Date()),
    }))
    done.purchases.push({ userId, eventId: changes.id })
  }

  async function rename({ id, clerkId }: ChaosUser, round: number): Promise<void> {
    const name = `Name ${round}`
    const data = clerkUser(clerkId, { first_name: name, updated_at: Date.now() })
    const body = JSON.stringify({ data, object: 'event', timestamp: Date.now(), type: 'user.updated' })
    const eventId = `msg_${randomUUID()}`
    await deliver('/webhooks/clerk', body, () => {
      const now = new Date()
      return {
        'svix-id': eventId,
        'svix-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'svix-signature': new Webhook(environment.env.CLERK_WEBHOOK_SECRET ?? '').sign(eventId, now, body),
      }
    })
    done.clerkEvents.push(eventId)
    done.names.set(id, name)
  }

  async function deliver(path: string, body: string, sign: () => Record<string, string>): Promise<void> {
    await retryUntilAnswered(async () => {
      const headers = { 'content-type': 'application/json', ...sign() }
      const { status } = await fetch(environment.url + path, { method: 'POST', headers, body, ...bounded() })
      if (status === 200) return true
      if (status < 500 && status !== 429) throw new UnexpectedResponse(`${path} answered ${status}.`)
      return null
    })
  }

  function execute<Result>(
    { token }: ChaosUser,
    query: string,
    variables: object,
    ...wanted: readonly string[]
  ): Promise<Result> {
    return retryUntilAnswered(async () => {
      const response = await fetch(`${environment.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
        ...bounded(),
      })
      const answer = (await response.json()) as { data?: { result: { __typename: string } | null }; errors?: unknown }
      const { result } = answer.data ?? {}
      if (result && wanted.includes(result.__typename)) return result as Result
      if (response.status >= 500 || response.status === 429 || answer.errors) return null
      throw new UnexpectedResponse(JSON.stringify(answer))
    })
  }

  /** Retries until there is a result. Null and errors of fetch mean that there is none. */
  async function retryUntilAnswered<Result>(attempt: () => Promise<Result | null>): Promise<Result> {
    for (;;) {
      try {
        const result = await attempt()
        if (result !== null) return result
      } catch (error) {
        if (error instanceof UnexpectedResponse) throw error
      }
      done.failures += 1
      await sleep(200 + Math.random() * 300)
    }
  }
}

/** A response that a retry cannot change. */
class UnexpectedResponse extends Error {}

const bounded = () => ({ signal: AbortSignal.timeout(8_000) })
