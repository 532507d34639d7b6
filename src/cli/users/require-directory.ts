import type { App } from '../../app/app.ts'
import type { ClerkDirectory } from '../../domains/users/index.ts'

/** Clerk's API, for a command that needs it. Throws if CLERK_SECRET_KEY is not set. */
export function requireDirectory({ adapters }: App, command: string): ClerkDirectory {
  if (adapters.directory) return adapters.directory
  throw new Error(
    `CLERK_SECRET_KEY is not set, and \`${command}\` needs Clerk's API. Copy it and CLERK_ISSUER from the dashboard, API keys.`,
  )
}
