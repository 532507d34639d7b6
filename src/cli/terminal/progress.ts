import { SingleBar } from 'cli-progress'

export interface Progress {
  /** So many more are done. */
  add(count: number): void
  /** Says beside the bar why nothing moves; '' when it moves again. */
  note(text: string): void
  stop(): void
}

export interface ProgressOptions {
  readonly total: number
  /** How many an earlier run has done. */
  readonly done?: number
  /** What is counted: people. */
  readonly unit: string
}

/** Of a log that somebody follows; a run of an hour leaves 720 lines. */
const msBetweenLines = 5_000

/**
 * How far a long command is, with its rate and the time that is left, on standard error: a bar on a terminal, a plain
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
  })
  const beganAt = performance.now()
  let added = 0
  bar.start(total, done, { rate: 0, note: '' })
  return {
    add(count) {
      added += count
      const seconds = (performance.now() - beganAt) / 1_000
      // More may have come than were counted at the beginning.
      if (done + added > bar.getTotal()) bar.setTotal(done + added)
      bar.update(done + added, { rate: Math.round(added / Math.max(seconds, 0.001)), note: '' })
    },
    note: (text) => bar.update({ note: text === '' ? '' : ` | ${text}` }),
    stop: () => bar.stop(),
  }
}
