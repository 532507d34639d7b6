import type { PlanSubscription } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { defineMessages, text } from '../../../platform/messages/message.ts'
import { defaultOrder, defineNotificationType, type NotifyUsers } from '../../notifications/index.ts'
import { notifyProblem } from './job-types.ts'
import { statusOf } from './subscription-status.ts'

/** They are stored: a key that a release has used keeps its meaning and values. */
export const billingProblemMessages = defineMessages({
  problemTitle: text('A payment failed.', '결제하지 못했습니다.'),
  graceBody: text<{ endsAt: Date }>(
    'Your subscription continues until {endsAt, date, instant}. Update your payment method in the store.',
    '구독은 {endsAt, date, instant}까지 유지됩니다. 스토어에서 결제 수단을 업데이트하세요.',
  ),
  problemBody: text(
    'Your subscription could not be renewed. Update your payment method in the store.',
    '구독을 갱신하지 못했습니다. 스토어에서 결제 수단을 업데이트하세요.',
  ),
})

export const billingProblem = defineNotificationType({
  name: 'billing.problem',
  kind: 'BILLING',
  messages: billingProblemMessages,
  order: [...defaultOrder, 'EMAIL'],
  waitsInQuietHours: true,
  helpsForMs: 3 * 24 * 3_600_000,
})

/** Stores retry a payment themselves, often with success. A renewal within this time is not preceded by a notification. */
const waitMs = 3_600_000

type Problem = Pick<PlanSubscription, 'id' | 'billingIssueAt'>

/** Adds the job that notifies the owner, unless the subscription had this problem before. */
export async function notifyProblemLater(
  tx: Tx,
  { id, billingIssueAt }: Problem,
  { former, now }: { readonly former: Problem | null; readonly now: Date },
): Promise<void> {
  if (!billingIssueAt || former?.billingIssueAt?.getTime() === billingIssueAt.getTime()) return
  await enqueue(tx, notifyProblem, { id }, { key: id, runAt: new Date(now.getTime() + waitMs) })
}

/** Notifies the owner of a subscription whose payment still fails, once for each problem. */
export async function notifyOfProblem(
  tx: Tx,
  notifyUsers: NotifyUsers,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<void> {
  const row = await tx.planSubscription.findUnique({ where: { id } })
  if (!row?.userId || !row.billingIssueAt) return
  const status = statusOf(row, now)
  if (status !== 'GRACE_PERIOD' && status !== 'BILLING_ISSUE') return
  const { problemTitle, graceBody, problemBody } = billingProblemMessages
  const isGrace = status === 'GRACE_PERIOD' && row.graceEndsAt !== null
  const item = {
    userId: row.userId,
    type: billingProblem,
    title: problemTitle(),
    body: isGrace && row.graceEndsAt ? graceBody({ endsAt: row.graceEndsAt }) : problemBody(),
    dedupeKey: `billing-problem:${id}:${row.billingIssueAt.getTime()}`,
  }
  await notifyUsers(tx, [item], now)
}
