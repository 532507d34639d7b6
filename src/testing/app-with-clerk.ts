import { inject } from 'vitest'
import { developmentIdentity } from '../dev/identity.ts'
import { startTestApp, type TestApp, type TestAppOptions } from './app.ts'
import type { FakeClerk } from './clerk.ts'

/** Starts a test app whose Clerk directory is the fake server. */
export async function startAppWithClerk(clerk: FakeClerk, options: TestAppOptions = {}): Promise<TestApp> {
  const identity = await developmentIdentity(inject('dataDir'))
  const config = {
    clerk: { ...identity, requireAuthorizedParty: true, secretKey: 'sk_test_secret', apiUrl: clerk.url },
    ...options.config,
  }
  return startTestApp({ ...options, config })
}
