import { GraphQLError } from 'graphql'
import type { RateLimit } from '../../platform/rate-limits/rate-limiter.ts'

/** Names the limit that is exceeded, and when to retry. */
export function rateLimited({ name, points, seconds: period }: RateLimit, seconds: number): GraphQLError {
  const what = nouns[name] ?? `calls of ${name}`
  return new GraphQLError(`Rate limit exceeded: ${points} ${what} in ${period} s. Try again in ${seconds} s.`, {
    extensions: {
      code: 'RATE_LIMITED',
      limit: name,
      retryAfterSeconds: seconds,
      http: { status: 429, headers: { 'retry-after': String(seconds) } },
    },
  })
}

const nouns: Readonly<Record<string, string>> = {
  cost: 'cost points',
  'requests-of-user': 'requests',
  'documents-of-address': 'new documents',
}
