import { type Progress, type ProgressOptions, startProgress } from './progress.ts'
import { createReport, type Report } from './report.ts'
import { stopSignal, untilStopped } from './stop-signal.ts'

/** How a long command reports its progress and results. */
export interface ProgressReporter {
  /** Shows the progress bar, once the total is known. */
  begin(options: ProgressOptions): void
  add(count: number): void
  print(text: string): void
  readonly report: Report
  /** Waits before a request to Clerk is retried, and shows that. Rejects when the command is told to stop. */
  wait(ms: number): Promise<void>
  /** Handles each step until the last one, or until the command is told to stop. */
  each<Step>(steps: AsyncIterable<Step>, take: (step: Step) => void): Promise<void>
}

/** The conventional exit code of a program that was ended by Ctrl-C. */
const stoppedExitCode = 130

/**
 * Runs a command of many steps with a progress bar. Ctrl-C ends it after the current step. The report is printed even if
 * the command is stopped or fails.
 */
export async function runLong(
  { head, rows, dryRun = false }: { head: readonly string[]; rows: number; dryRun?: boolean },
  run: (reporter: ProgressReporter) => Promise<void>,
): Promise<Report> {
  using stop = stopSignal()
  const report = createReport({ head, maxRows: rows })
  const bars = new DisposableStack()
  let bar: Progress | null = null
  try {
    await run({
      begin(options) {
        bar = startProgress(options)
        bars.defer(bar.stop)
      },
      add: (count) => bar?.add(count),
      print,
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
    if (dryRun) print('Dry run: nothing was written.')
    report.print()
    if (stop.requested) {
      print('Stopped. Run the command again to continue; finished steps are kept.')
      process.exitCode = stoppedExitCode
    }
  }
  return report
}

function print(text: string): void {
  process.stderr.write(`${text}\n`)
}
