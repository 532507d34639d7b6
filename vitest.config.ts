import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './src/testing/closing-line-reporter.ts'

export default defineConfig({
  // Tests resolve packages as plain Node does; with vite's own conditions there would be two copies of graphql, and an
  // error of the one is none of the other.
  ssr: { resolve: { conditions: ['node', 'module-sync'] } },
  test: {
    include: ['src/**/*.test.ts', 'checks/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    // Tests wait for Postgres, for processes and for timeouts, so three files run at once on two cores, where vitest would
    // run one. All files take about 1,100 s of CPU, so more at once would be slower and reach timeouts. Files of a worker
    // share its modules, none of which keeps state: with modules of their own they took half as long again.
    maxWorkers: 3,
    isolate: false,
    // Threads of its own make garbage collection shorter where cores are idle. Here they are not, and without these
    // threads a file takes 6 to 17 % less CPU.
    execArgv: ['--single-threaded-gc'],
    unstubEnvs: true,
    restoreMocks: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLineReporter()],
    coverage: {
      // It counts in src/ only, while v8 counts in every package too: the tests of credits take 50 s of CPU without
      // coverage, 61 s with this, 64 to 78 s with v8. The covered lines differ by 0.1 %.
      provider: 'istanbul',
      include: ['src/**/*.ts'],
      exclude: ['src/generated/**', 'src/testing/**', '**/*.test.ts'],
      reporter: [['text', { skipFull: true, maxCols: 120 }]],
      thresholds: { lines: 85 },
    },
  },
})
