import type { App } from '../../app/app.ts'
import type { ClerkDirectory } from '../../domains/users/ports.ts'

/** Clerk's API, for a command that is nothing without it. */
export function directoryOf({ adapters }: App, command: string): ClerkDirectory {
  if (adapters.directory) return adapters.directory
  throw new Error(
    `CLERK_SECRET_KEY is not set, and \`${command}\` asks Clerk's API. Find the key in the dashboard, API keys; CLERK_ISSUER goes with it.`,
  )
}
