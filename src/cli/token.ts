import type { Command } from 'commander'
import type { Settings } from '../config/config.ts'
import { developmentSettings } from './development-settings.ts'

export function addToken(program: Command): void {
  const token = program
    .command('token')
    .description('a session token of the development identity, and nothing else, on standard output')
    .argument('<email>', 'whose; the same address is the same person')
    .option('--admin', 'makes the person an admin first')
    .action(async (email: string, { admin }: { admin?: boolean }) => {
      const settings = developmentSettings('token')
      if (settings.clerk) throw new Error('Clerk is configured here, so its own tokens are the ones that count.')
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
      'what a session token says, without trusting it, and what the server says of it; fails where it refuses',
    )
    .argument('[token]', 'the token, or - to read it from standard input, which no shell remembers', '-')
    .action(async (given: string) => {
      const { explain } = await import('./token/explain.ts')
      await explain(given)
    })
}

/** Being an admin is a matter of the row: nothing that a token says makes one. */
async function promote(settings: Settings, token: string): Promise<void> {
  const { openDevelopmentApp } = await import('../dev/app.ts')
  const { promoteUser } = await import('../domains/users/index.ts')
  await using app = await openDevelopmentApp(settings)
  const { user } = await app.authenticator.authenticate(token, app.clock())
  if (user.clerkId) await promoteUser(app.db.prisma, user.clerkId)
}
