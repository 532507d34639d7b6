import type { Command } from 'commander'
import type { Settings } from '../config/config.ts'
import { users } from '../domains/users/index.ts'
import { developmentSettings } from './development-settings.ts'
import { wholeNumber } from './terminal/whole-number.ts'

/** Adds the `token` commands. */
export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('print a session token of the development identity, and nothing else')
    .argument('<email>', "the user's e-mail address; the same address is the same user")
    .option('--admin', 'make the user an admin first')
    .option('--expires-in <seconds>', 'how long the token is valid; by default 12 hours', wholeNumber)
    .action(async (email: string, { admin, expiresIn }: { admin?: boolean; expiresIn?: number }) => {
      const settings = developmentSettings('token')
      if (settings.clerk) throw new Error('Clerk is configured, so the server accepts tokens of Clerk only.')
      const { developmentClerkId, developmentIdentity, developmentTokenSeconds, isEmailAddress } = await import(
        '../dev/identity.ts'
      )
      if (!isEmailAddress(email)) throw new Error(`"${email}" is not an e-mail address.`)
      const expiresInSeconds = expiresIn ?? developmentTokenSeconds
      if (expiresInSeconds < 1) throw new Error('--expires-in must be at least 1 second.')
      const now = new Date()
      const identity = await developmentIdentity(settings.dataDir)
      const token = await identity.signToken({ email, now, expiresInSeconds })
      const { lookUpRefusal } = await import('./token/look-up-refusal.ts')
      const refusal = await lookUpRefusal(settings, developmentClerkId(email))
      if (refusal && refusal !== 'unknown') {
        const { explainRefusal } = await import('../dev/explain-refusal.ts')
        if (admin) throw new Error(explainRefusal(email, refusal))
        process.stderr.write(`${explainRefusal(email, refusal)}\n`)
      }
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
