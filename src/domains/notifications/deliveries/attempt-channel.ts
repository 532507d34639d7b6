import { v7 as uuidv7 } from 'uuid'
import type { DeliveryAttemptState } from '../../../generated/prisma/enums.ts'
import type { Message } from '../../../platform/messages/message.ts'
import { delayOf } from '../../../platform/retry.ts'
import { deliveryFailures } from '../messages.ts'
import type { ChannelPort, OutgoingMessage, SendResult } from '../ports.ts'
import type { NotificationsServices } from '../services.ts'
import { changeDelivery } from './change-delivery.ts'
import type { ClaimedNotification } from './claim-notification.ts'
import { type AttemptSoFar, type ChannelSoFar, latestAttempts } from './next-step.ts'

/** Of one call of a vendor. */
const sendTimeoutMs = 10_000
/** Attempts to one address. */
const mostAttempts = 4
const backoff = { firstDelayMs: 5_000, factor: 4, maxDelayMs: 5 * 60_000, jitter: 0.5 }

export interface AttemptParts {
  readonly claimed: ClaimedNotification
  readonly port: ChannelPort
  readonly message: OutgoingMessage
}

export interface ChannelAttempt {
  readonly channel: ChannelSoFar
  readonly attempts: readonly AttemptSoFar[]
}

type Services = Pick<NotificationsServices, 'db' | 'clock' | 'log' | 'deliveryMetrics'>

/**
 * Sends a notification to every address of a channel that has no result yet. Each attempt is stored before its call, only
 * while this worker has the notification; an attempt of a worker that has ended is not repeated, unless the vendor says
 * that it has no such message. Null if another worker has the notification.
 */
export async function attemptChannel(services: Services, parts: AttemptParts): Promise<ChannelAttempt | null> {
  const { claimed, port } = parts
  const { userId, notificationId, row } = claimed
  const { channel } = port
  const known = await resolveLostAttempts(services, parts)
  const targets = await port.targets(userId)
  const latest = latestAttempts(known, channel)
  const now = services.clock()
  const begun = targets.flatMap((target) => nextAttempt(claimed, latest.get(target), { target, channel, now }))
  if (begun.length > 0 && !(await begin(services, claimed, begun))) return null

  const results = await Promise.all(begun.map(async (attempt) => ({ attempt, result: await send(parts, attempt) })))
  const ended = services.clock()
  const after = results.map(({ attempt, result }) =>
    afterResult(attempt, result, { ended, helpsUntil: row.helpsUntil }),
  )
  await storeResults(services, after, ended)
  for (const { result } of results) services.deliveryMetrics.sent(channel, result.outcome)

  const attempts = [...known.filter(({ id }) => !begun.some((attempt) => attempt.id === id)), ...after]
  const states = [...latestAttempts(attempts, channel).values()].filter(({ target }) => targets.includes(target))
  const status = statusOf(states)
  const receiptDueAt =
    status === 'SENT' && port.receiptWithinMs !== null ? new Date(ended.getTime() + port.receiptWithinMs) : null
  const failure =
    status === 'FAILED' ? (results.map(failureOf).findLast((found) => found) ?? lastFailure(states)) : null
  if (status !== 'PENDING') {
    const isChanged = await changeDelivery(services.db.prisma, {
      userId,
      notificationId,
      channel,
      status,
      at: ended,
      receiptDueAt,
      failure,
    })
    if (isChanged && status === 'SENT') {
      services.deliveryMetrics.waited(row.kind, (ended.getTime() - row.createdAt.getTime()) / 1_000)
    }
    if (isChanged && status === 'FAILED') services.deliveryMetrics.fellBack(channel, 'failed')
  }
  const before = claimed.channels.get(channel)
  const isSentBefore = before?.status === 'SENT'
  return { channel: isSentBefore ? before : { status, receiptDueAt }, attempts }
}

/** The attempts, with a result for those whose worker has ended between the call and its answer. */
async function resolveLostAttempts(services: Services, { claimed, port }: AttemptParts): Promise<AttemptSoFar[]> {
  const attempts: AttemptSoFar[] = []
  for (const attempt of claimed.attempts) {
    if (attempt.channel !== port.channel || attempt.state !== 'STARTED' || attempt.lease === claimed.lease) {
      attempts.push(attempt)
      continue
    }
    const now = services.clock()
    const found = await port.find?.({ ...attempt, userId: claimed.userId }, AbortSignal.timeout(sendTimeoutMs))
    // The vendor does not have the message: it is sent again.
    const resolved: AttemptSoFar =
      found === null
        ? { ...attempt, state: 'RETRY', retryAt: now }
        : afterResult(attempt, found ?? { outcome: 'unknown', failure: deliveryFailures.answerLost() }, {
            ended: now,
            helpsUntil: claimed.row.helpsUntil,
          })
    services.log.warn(
      { notificationId: claimed.notificationId, channel: port.channel, state: resolved.state },
      'the answer to an attempt to send was lost',
    )
    await storeResults(services, [resolved], now)
    attempts.push(resolved)
  }
  return attempts
}

/** The attempt to begin with an address; none if it has a result, or its retry is not due. */
function nextAttempt(
  { lease }: ClaimedNotification,
  last: AttemptSoFar | undefined,
  { target, channel, now }: Pick<AttemptSoFar, 'target' | 'channel'> & { readonly now: Date },
): AttemptSoFar[] {
  if (last && !(last.state === 'RETRY' && last.retryAt && last.retryAt <= now)) return []
  const id = uuidv7({ msecs: now.getTime() })
  const number = (last?.number ?? 0) + 1
  return [{ id, channel, target, number, state: 'STARTED', lease, startedAt: now, retryAt: null }]
}

/**
 * Stores the attempts if this worker still has the notification: the check and the insertion are one statement, the last
 * one before the calls. A process that is paused after it, for longer than its lease, still sends; no other worker does,
 * since it finds the attempt.
 */
async function begin(
  { db }: Services,
  { userId, notificationId, lease }: ClaimedNotification,
  begun: readonly AttemptSoFar[],
): Promise<boolean> {
  const [first] = begun
  const rows = await db.query(
    `WITH held AS (
       SELECT user_id, id FROM notifications
       WHERE user_id = $1 AND id = $2 AND lease = $3 AND lease_until > $4 FOR NO KEY UPDATE),
     delivery AS (
       INSERT INTO notification_deliveries AS delivery (user_id, notification_id, channel, attempts)
       SELECT user_id, id, $5::"Channel", 1 FROM held
       ON CONFLICT (user_id, notification_id, channel) DO UPDATE SET attempts = delivery.attempts + 1)
     INSERT INTO notification_attempts (user_id, notification_id, channel, id, target, number, lease, started_at)
     SELECT held.user_id, held.id, $5::"Channel", item.id, item.target, item.number, $3, $4
     FROM held, unnest($6::uuid[], $7::text[], $8::int[]) AS item (id, target, number)
     RETURNING id`,
    [
      userId,
      notificationId,
      lease,
      first?.startedAt,
      first?.channel,
      begun.map(({ id }) => id),
      begun.map(({ target }) => target),
      begun.map(({ number }) => number),
    ],
  )
  return rows.length > 0
}

/** Not ended by the shutdown of the worker: the answer would be lost. */
async function send({ port, message, claimed }: AttemptParts, attempt: AttemptSoFar): Promise<SendResult> {
  return await port.send(message, { ...attempt, userId: claimed.userId }, AbortSignal.timeout(sendTimeoutMs))
}

const states: Readonly<Record<SendResult['outcome'], DeliveryAttemptState>> = {
  accepted: 'ACCEPTED',
  retry: 'RETRY',
  refused: 'REFUSED',
  unknown: 'UNKNOWN',
}

type Ended = AttemptSoFar & { readonly vendorId?: string | null }

function afterResult(
  attempt: AttemptSoFar,
  result: SendResult,
  { ended, helpsUntil }: { readonly ended: Date; readonly helpsUntil: Date },
): Ended {
  const state = states[result.outcome]
  if (result.outcome === 'accepted') return { ...attempt, state, vendorId: result.vendorId }
  if (result.outcome !== 'retry' || attempt.number >= mostAttempts) return { ...attempt, state }
  const earliest = ended.getTime() + delayOf(backoff, attempt.number)
  const retryAt = new Date(Math.max(earliest, result.retryAt?.getTime() ?? 0))
  return { ...attempt, state, retryAt: retryAt < helpsUntil ? retryAt : null }
}

/** An attempt that another worker has given up as UNKNOWN takes its late answer. */
async function storeResults({ db }: Services, attempts: readonly Ended[], ended: Date): Promise<void> {
  if (attempts.length === 0) return
  await db.query(
    `UPDATE notification_attempts AS attempt
     SET state = item.state, ended_at = $2, retry_at = item.retry_at, vendor_id = item.vendor_id
     FROM unnest($1::uuid[], $3::"DeliveryAttemptState"[], $4::timestamptz[], $5::text[])
       AS item (id, state, retry_at, vendor_id)
     WHERE attempt.id = item.id AND attempt.state IN ('STARTED', 'UNKNOWN')`,
    [
      attempts.map(({ id }) => id),
      ended,
      attempts.map(({ state }) => state),
      attempts.map(({ retryAt }) => retryAt),
      attempts.map(({ vendorId }) => vendorId ?? null),
    ],
  )
}

/** SENT once one address has it; FAILED when all have failed. */
function statusOf(attempts: readonly AttemptSoFar[]): 'SENT' | 'PENDING' | 'FAILED' {
  if (attempts.some(({ state }) => state === 'ACCEPTED')) return 'SENT'
  const isOpen = ({ state, retryAt }: AttemptSoFar) => state === 'STARTED' || (state === 'RETRY' && retryAt !== null)
  return attempts.some(isOpen) ? 'PENDING' : 'FAILED'
}

const failureOf = ({ result }: { readonly result: SendResult }): Message | null =>
  result.outcome === 'accepted' ? null : result.failure

function lastFailure(attempts: readonly AttemptSoFar[]): Message {
  return attempts.length === 0 ? deliveryFailures.noAddress() : deliveryFailures.answerLost()
}
