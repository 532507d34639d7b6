import { type Finding, failed, ok, warning } from './finding.ts'

/** Tokens are refused if they were signed 5 s in our future, presigned URLs at a difference of 15 minutes. */
const warnMs = 2_000
const failMs = 60_000

/** A time of another clock, read between two times of ours. The true value is up to `precisionMs` later. */
interface ClockReading {
  readonly at: number
  readonly precisionMs: number
  readonly sentAt: number
  readonly receivedAt: number
}

/** The difference that is certain, whatever the network delay: positive if the other clock is ahead of ours. */
function aheadMs({ at, precisionMs, sentAt, receivedAt }: ClockReading): number {
  if (at > receivedAt) return at - receivedAt
  return Math.min(0, at + precisionMs - sentAt)
}

/** Compares another clock with ours. Network delay does not count as a difference. */
export function compareClocks(what: string, reading: ClockReading): Finding {
  const ahead = aheadMs(reading)
  const seconds = (Math.abs(ahead) / 1_000).toFixed(1)
  if (Math.abs(ahead) < warnMs) return ok(what, 'agrees with ours')
  const about = `${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`
  const todo = "Synchronise this machine's clock with NTP: tokens, presigned URLs and deadlines depend on it."
  return Math.abs(ahead) < failMs ? warning(what, about, todo) : failed(what, about, todo)
}
