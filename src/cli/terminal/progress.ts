import { SingleBar } from 'cli-progress'

export interface Progress {
  /** Adds to the number of items done. */
  add(count: number): void
  /** Shows beside the bar why nothing progresses; '' clears it. */
  note(text: string): void
  stop(): void
}

export interface ProgressOptions {
  readonly total: number
  /** How many items an earlier run has done. */
  readonly done?: number
  /** What is counted, in the plural: users. */
  readonly unit: string
}

/** Interval of lines where standard error is not a terminal: a run of an hour writes 720 lines. */
const msBetweenLines = 5_000

const durations = new Intl.DurationFormat('en', { style: 'narrow' })

/** The library passes a text ('0', 'NULL', 'INF') until the rate is known. */
function formatTime(seconds: unknown): string {
  if (typeof seconds !== 'number') return 'unknown time'
  const total = Math.round(seconds)
  const parts = { hours: Math.floor(total / 3_600), minutes: Math.floor(total / 60) % 60, seconds: total % 60 }
  return total === 0 ? '0s' : durations.format(parts)
}

/**
 * Shows the progress of a long command on standard error, with its rate and the remaining time: a bar on a terminal, a
 * line every five seconds elsewhere.
 */
export function startProgress({ total, done = 0, unit }: ProgressOptions): Progress {
  const stream = process.stderr
  const picture = stream.isTTY ? '{bar} ' : ''
  const bar = new SingleBar({
    format: `${picture}{percentage}% | {value} of {total} ${unit} | {rate}/s | {eta_formatted} left{note}`,
    stream,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: msBetweenLines,
    progressCalculationRelative: done > 0,
    etaBuffer: 100,
    formatTime,
  })
  const startedAt = performance.now()
  let added = 0
  bar.start(total, done, { rate: 0, note: '' })
  return {
    add(count) {
      added += count
      const seconds = (performance.now() - startedAt) / 1_000
      // Items may have been added since the total was counted.
      if (done + added > bar.getTotal()) bar.setTotal(done + added)
      bar.update(done + added, { rate: Math.round(added / Math.max(seconds, 0.001)), note: '' })
    },
    note: (text) => bar.update({ note: text === '' ? '' : ` | ${text}` }),
    stop: () => bar.stop(),
  }
}
