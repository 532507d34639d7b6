import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'svix'
import { purchaseEventOf } from '../src/dev/samples/revenuecat-event.ts'
import { toGlobalId } from '../src/graphql/ids.ts'
import { clerkPerson } from '../src/testing/clerk.ts'
import { signPurchaseDelivery } from '../src/testing/revenuecat-events.ts'
import { send } from '../src/testing/send.ts'
import { smallFit } from '../src/testing/upload-steps.ts'
import type { House, Person } from './house.ts'

/** What the server has acknowledged: none of it may be lost, and nothing may have happened twice. */
export interface Acknowledged {
  readonly uploads: { readonly id: string; readonly userId: string }[]
  readonly grants: { readonly userId: string; readonly amount: number }[]
  readonly purchases: { readonly userId: string; readonly eventId: string }[]
  readonly clerkEvents: string[]
  readonly names: Map<string, string>
  readonly timeZones: Map<string, string>
  /** Requests that got no answer, or one that says to try again. */
  failures: number
}

export const nothing = (): Acknowledged => ({
  uploads: [],
  grants: [],
  purchases: [],
  clerkEvents: [],
  names: new Map(),
  timeZones: new Map(),
  failures: 0,
})

const zones = ['Europe/Berlin', 'Asia/Seoul', 'America/New_York', 'UTC']

/** Everybody does everything, each request again with the same key until it is acknowledged, until `isOver`. */
export async function makeLoad(house: House, done: Acknowledged, isOver: () => boolean): Promise<void> {
  const load = [
    ...house.people.map((person) => repeat(1_200, () => upload(person))),
    ...house.people.map((person) => repeat(300, () => grant(person))),
    ...house.people.map((person) => repeat(500, () => buy(person))),
    ...house.people.map((person) => repeat(400, (round) => rename(person, round))),
    ...house.people.map((person) => repeat(400, (round) => move(person, round))),
  ]
  await Promise.all(load)

  async function repeat(pauseMs: number, work: (round: number) => Promise<void>): Promise<void> {
    for (let round = 1; !isOver(); round += 1) {
      await sleep(pauseMs * (0.5 + Math.random()))
      await work(round)
    }
  }

  async function upload(person: Person): Promise<void> {
    const input = {
      kind: 'ACTIVITY',
      filename: 'run.fit',
      contentType: '',
      byteSize: smallFit.length,
      idempotencyKey: randomUUID(),
    }
    const asked = await ask<{ upload: { id: string }; request: { url: string } }>(
      person,
      `mutation ($input: RequestUploadInput!) { result: requestUpload(input: $input) { __typename
        ... on RequestUploadPayload { upload { id } request { method url headers { name value } } } } }`,
      { input },
      'RequestUploadPayload',
    )
    const sent = await send(asked.request as Parameters<typeof send>[0], smallFit)
    if (!sent.ok && sent.status !== 412) throw new Error(`The bucket answered ${sent.status}.`)
    await ask(
      person,
      'mutation ($id: ID!) { result: completeUpload(input: { uploadId: $id }) { __typename } }',
      { id: asked.upload.id },
      'CompleteUploadPayload',
    )
    done.uploads.push({ id: asked.upload.id, userId: person.id })
  }

  async function grant({ id: userId }: Person): Promise<void> {
    const amount = 1 + Math.floor(Math.random() * 9)
    const input = { userId: toGlobalId('User', userId), amount, reason: 'Chaos', idempotencyKey: randomUUID() }
    await ask(
      house.admin,
      'mutation ($input: GrantCreditsInput!) { result: grantCredits(input: $input) { __typename } }',
      { input },
      'GrantCreditsPayload',
    )
    done.grants.push({ userId, amount })
  }

  async function move({ id, token, clerkId }: Person, round: number): Promise<void> {
    const timeZone = zones[round % zones.length] ?? 'UTC'
    await ask(
      { id, token, clerkId },
      'mutation ($zone: String!) { result: updateProfile(input: { timeZone: $zone }) { __typename } }',
      { zone: timeZone },
      'UpdateProfilePayload',
    )
    done.timeZones.set(id, timeZone)
  }

  async function buy({ id: userId, clerkId }: Person): Promise<void> {
    const changes = { app_user_id: clerkId, transaction_id: randomUUID(), id: randomUUID() }
    const event = purchaseEventOf('NON_RENEWING_PURCHASE', new Date(), changes)
    const body = JSON.stringify({ api_version: '1.0', event })
    await deliver('/webhooks/revenuecat', body, () => ({
      'x-revenuecat-webhook-signature': signPurchaseDelivery(house.purchaseSecret, body, new Date()),
    }))
    done.purchases.push({ userId, eventId: changes.id })
  }

  async function rename({ id, clerkId }: Person, round: number): Promise<void> {
    const name = `Name ${round}`
    const data = clerkPerson(clerkId, { first_name: name, updated_at: Date.now() })
    const body = JSON.stringify({ data, object: 'event', timestamp: Date.now(), type: 'user.updated' })
    const eventId = `msg_${randomUUID()}`
    await deliver('/webhooks/clerk', body, () => {
      const now = new Date()
      return {
        'svix-id': eventId,
        'svix-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'svix-signature': new Webhook(house.env.CLERK_WEBHOOK_SECRET ?? '').sign(eventId, now, body),
      }
    })
    done.clerkEvents.push(eventId)
    done.names.set(id, name)
  }

  async function deliver(path: string, body: string, sign: () => Record<string, string>): Promise<void> {
    await patiently(async () => {
      const headers = { 'content-type': 'application/json', ...sign() }
      const { status } = await fetch(house.url + path, { method: 'POST', headers, body, ...bounded() })
      if (status === 200) return true
      if (status < 500 && status !== 429) throw new Wrong(`${path} answered ${status}.`)
      return null
    })
  }

  function ask<Result>({ token }: Person, query: string, variables: object, wanted: string): Promise<Result> {
    return patiently(async () => {
      const response = await fetch(`${house.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
        ...bounded(),
      })
      const answer = (await response.json()) as { data?: { result: { __typename: string } | null }; errors?: unknown }
      if (answer.data?.result?.__typename === wanted) return answer.data.result as Result
      if (response.status >= 500 || response.status === 429 || answer.errors) return null
      throw new Wrong(JSON.stringify(answer))
    })
  }

  /** Again until it is answered: null, and whatever fetch throws, is no answer. */
  async function patiently<Result>(attempt: () => Promise<Result | null>): Promise<Result> {
    for (;;) {
      try {
        const result = await attempt()
        if (result !== null) return result
      } catch (error) {
        if (error instanceof Wrong) throw error
      }
      done.failures += 1
      await sleep(200 + Math.random() * 300)
    }
  }
}

/** An answer that no attempt will change. */
class Wrong extends Error {}

const bounded = () => ({ signal: AbortSignal.timeout(8_000) })
