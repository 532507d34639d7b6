import type { Command } from 'commander'
import type { Settings } from '../config/config.ts'
import { users } from '../domains/users/index.ts'
import { developmentSettings } from './development-settings.ts'

/** Adds the `token` commands. */
export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('print a session token of the development identity, and nothing else')
    .argument('<email>', "the user's e-mail address; the same address is the same user")
    .option('--admin', 'make the user an admin first')
    .action(async (email: string, { admin }: { admin?: boolean }) => {
      const settings = developmentSettings('token')
      if (settings.clerk) throw new Error('Clerk is configured, so the server accepts tokens of Clerk only.')
      if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new Error(`"${email}" is not an e-mail address.`)
      const { developmentIdentity, developmentTokenSeconds } = await import('../dev/identity.ts')
      const identity = await developmentIdentity(settings.dataDir)
      const token = await identity.signToken({ email, now: new Date(), expiresInSeconds: developmentTokenSeconds })
      if (admin) await promote(settings, token)
      process.stdout.write(`${token}\n`)
    })
  token
    .command('explain')
    .description(
      'print the unverified claims of a session token and whether the server accepts it; exits with 1 if it does not',
    )
    .argument('[token]', 'the token, or - to read it from standard input, which keeps it out of the shell history', '-')
    .action(async (given: string) => {
      const { explain } = await import('./token/explain.ts')
      await explain(given)
    })
}

/** The role is read from the user's row. No claim of a token can make a user an admin. */
async function promote(settings: Settings, token: string): Promise<void> {
  const { openDevelopmentApp } = await import('../dev/app.ts')
  const { promoteUser } = await import('../domains/users/index.ts')
  await using app = await openDevelopmentApp(settings)
  const { user } = await app.services(users).authenticator.authenticate(token, app.clock())
  if (user.clerkId) await promoteUser(app.db.prisma, user.clerkId)
}
