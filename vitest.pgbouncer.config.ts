import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

/** The tests that send requests, through Debian's pgbouncer in transaction mode: what Neon's pooled address is. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: [
      'src/domains/users/**/{first-request,sign-in,run-as,update-profile}.test.ts',
      'src/domains/credits/**/{credits-of-user,grant-credits,races}.test.ts',
      'src/domains/billing/**/{plan-of,plan-changed,start-checkout}.test.ts',
      'src/domains/uploads/**/{upload-flow,request-upload,request-upload-again,list-uploads,quota}.test.ts',
      'src/domains/activities/**/{list-activities,activity-updated,change-activity}.test.ts',
      'src/domains/privacy/**/{data-export,delete-account}.test.ts',
      'src/graphql/**/*.test.ts',
      'src/platform/database/pooler.test.ts',
    ],
    globalSetup: ['src/testing/global-setup.ts', 'src/testing/pgbouncer.ts'],
  },
})
