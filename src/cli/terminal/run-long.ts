import { type Progress, type ProgressOptions, startProgress } from './progress.ts'
import { createReport, type Report } from './report.ts'
import { stopSignal, untilStopped } from './stop-signal.ts'

/** What a long command tells people with. */
export interface Teller {
  /** The bar, when it is known how much there is to do. */
  begin(options: ProgressOptions): void
  add(count: number): void
  say(text: string): void
  readonly report: Report
  /** Waits for Clerk, says so, and rejects when somebody wants the command to end. */
  wait(ms: number): Promise<void>
  /** Takes step after step until the last one, or until somebody wants the command to end. */
  each<Step>(steps: AsyncIterable<Step>, take: (step: Step) => void): Promise<void>
}

/** The usual code of a program that Ctrl-C has ended. */
const stoppedExitCode = 130

/**
 * Runs a command of many steps under a progress bar. Ctrl-C ends it after the step that is being done. However it ends,
 * what was done until then is told.
 */
export async function runLong(
  { head, rows, dryRun = false }: { head: readonly string[]; rows: number; dryRun?: boolean },
  run: (teller: Teller) => Promise<void>,
): Promise<Report> {
  using stop = stopSignal()
  const report = createReport({ head, mostRows: rows })
  const bars = new DisposableStack()
  let bar: Progress | null = null
  try {
    await run({
      begin(options) {
        bar = startProgress(options)
        bars.defer(bar.stop)
      },
      add: (count) => bar?.add(count),
      say,
      report,
      wait(ms) {
        bar?.note(`waiting ${Math.ceil(ms / 1_000)} s for Clerk`)
        return stop.wait(ms)
      },
      async each(steps, take) {
        await untilStopped(stop, steps, take)
      },
    })
  } finally {
    bars.dispose()
    if (dryRun) say('A dry run: nothing of this was written.')
    report.print()
    if (stop.asked) {
      say('Stopped. Run the command again to go on; what is done stays done.')
      process.exitCode = stoppedExitCode
    }
  }
  return report
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
