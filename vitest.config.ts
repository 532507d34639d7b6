import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './src/testing/closing-line-reporter.ts'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'checks/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLineReporter()],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/generated/**', 'src/testing/**', '**/*.test.ts'],
      reporter: [['text', { skipFull: true, maxCols: 120 }]],
      thresholds: { lines: 85 },
    },
  },
})
