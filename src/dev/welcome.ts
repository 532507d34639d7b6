export interface Welcome {
  readonly api: string
  readonly databaseUrl: string
  readonly bucketEndpoint: string
  readonly dataDir: string
  readonly email: string
  /** Null where a real Clerk is configured: its tokens are not ours to make. */
  readonly token: string | null
}

/** What a person sees when a development server is up: where things are, and what to try next. */
export function welcome({ api, databaseUrl, bucketEndpoint, dataDir, email, token }: Welcome): string {
  const signedIn = token ? ` (signed in as ${email})` : ''
  const bearer = token ? '$TOKEN' : 'a session token of your Clerk instance'
  return `
Pacer is running. Ctrl-C ends everything it started.

  GraphiQL   ${api}/graphql${signedIn}
  Database   ${withoutPassword(databaseUrl)}
  Bucket     ${bucketEndpoint}
  Data       ${dataDir}
${token ? `\n  A token for ${email}, good for 12 hours:\n  ${token}\n` : ''}
Try next:
${token ? `  TOKEN=$(npm run --silent token -- ${email})\n` : ''}\
  curl -s ${api}/graphql -H "authorization: Bearer ${bearer}" \\
    -H 'content-type: application/json' -d '{"query":"{ me { name email } }"}'
  npm run cli -- seed        believable people and activities
  npm run cli -- info        these addresses again
  npm run cli -- doctor      whether all of it is well

`
}

/** A configured database's password stays where it is. */
function withoutPassword(address: string): string {
  const url = new URL(address)
  if (url.password) url.password = '***'
  return url.href
}
