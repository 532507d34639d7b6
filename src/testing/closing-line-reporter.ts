import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed` (with `, N skipped`) as the last line, after the coverage table. */
export class ClosingLineReporter implements Reporter {
  #line = '0 passed, 1 failed'

  onInit(): void {
    process.once('exit', () => process.stdout.write(`${this.#line}\n`))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state] += 1
      }
      // A file that cannot be loaded has no tests and counts as a failure.
      if (module.errors().length > 0) counts.failed += 1
    }
    const { passed, failed, skipped } = counts
    this.#line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  }
}
