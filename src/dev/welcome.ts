export interface Welcome {
  readonly api: string
  readonly databaseUrl: string
  readonly bucketEndpoint: string
  readonly dataDir: string
  readonly email: string
  /** Null if Clerk is configured: only Clerk can create its tokens. */
  readonly token: string | null
}

/** The message that a development server prints when it is ready: addresses and first commands. */
export function welcome({ api, databaseUrl, bucketEndpoint, dataDir, email, token }: Welcome): string {
  const signedIn = token ? ` (signed in as ${email})` : ''
  const bearer = token ? '$TOKEN' : 'a session token of your Clerk instance'
  return `
Pacer is running. Press Ctrl-C to stop it and all embedded services.

  GraphiQL   ${api}/graphql${signedIn}
  Database   ${withoutPassword(databaseUrl)}
  Bucket     ${bucketEndpoint}
  Data       ${dataDir}
${token ? `\n  A token for ${email}, valid for 12 hours:\n  ${token}\n` : ''}
Pages of every localhost port may call the API. Other origins: CORS_ORIGINS. A tunnel's host: ALLOWED_HOSTS.

Try next:
${token ? `  TOKEN=$(npm run --silent token -- ${email})\n` : ''}\
  curl -s ${api}/graphql -H "authorization: Bearer ${bearer}" \\
    -H 'content-type: application/json' -d '{"query":"{ me { name email } }"}'
  npm run cli -- seed        create sample users and activities
  npm run cli -- info        print these addresses
  npm run cli -- doctor      check the configuration and all services

`
}

/** Masks the password of a configured database. */
function withoutPassword(address: string): string {
  const url = new URL(address)
  if (url.password) url.password = '***'
  return url.href
}
