import { type Finding, failed, ok, warning } from './finding.ts'

/** Tokens that were signed five seconds ahead of us are refused, signed addresses at 15 minutes. */
const unusualMs = 2_000
const wrongMs = 60_000

/** An instant that another clock told between two of ours; it is that or up to `precisionMs` later. */
interface ToldInstant {
  readonly at: number
  readonly precisionMs: number
  readonly askedAt: number
  readonly answeredAt: number
}

/** How far the other clock is surely ahead of ours, or behind it below 0, however long the answer took. */
function aheadMs({ at, precisionMs, askedAt, answeredAt }: ToldInstant): number {
  if (at > answeredAt) return at - answeredAt
  return Math.min(0, at + precisionMs - askedAt)
}

/** Whether both clocks go alike; what their messages took on the way is no difference. */
export function judgeClock(what: string, told: ToldInstant): Finding {
  const ahead = aheadMs(told)
  const seconds = (Math.abs(ahead) / 1_000).toFixed(1)
  if (Math.abs(ahead) < unusualMs) return ok(what, 'agrees with ours')
  const about = `${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`
  const todo = "Set this machine's clock by NTP: tokens, signed addresses and deadlines hang on it."
  return Math.abs(ahead) < wrongMs ? warning(what, about, todo) : failed(what, about, todo)
}
