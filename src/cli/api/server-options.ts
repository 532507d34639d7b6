import { text } from 'node:stream/consumers'

/** The server's URL with a trailing slash, from its URL or the URL of its GraphQL endpoint. */
export function addressOf(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(`"${url}" is not the URL of a server, such as http://localhost:4000.`)
  }
  return `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/`
}

/** The given token, or in development one as `npm run token` creates it. Only Clerk can create tokens of Clerk. */
export async function tokenOf(given: string | undefined, email: string): Promise<string> {
  if (given !== undefined) return (given === '-' ? await text(process.stdin) : given).trim()
  const { readSettings } = await import('../../config/config.ts')
  const { readEnvironment } = await import('../../config/env.ts')
  const { mode, clerk, dataDir } = readSettings(readEnvironment())
  if (mode === 'production' || clerk) {
    throw new Error(
      'Give --token: in the front end, `await Clerk.session.getToken()` returns one. It expires after a minute, which is enough.',
    )
  }
  const { developmentIdentity } = await import('../../dev/identity.ts')
  const identity = await developmentIdentity(dataDir)
  return identity.signToken({ email, now: new Date(), expiresInSeconds: 3_600 })
}
