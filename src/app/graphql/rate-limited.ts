import { GraphQLError } from 'graphql'
import type { Counted } from '../../platform/limits/rate-limiter.ts'

/** Says which limit is used up, and when to come again. */
export function rateLimited({ name, points, seconds: period }: Counted, seconds: number): GraphQLError {
  const what = nouns[name] ?? `calls of ${name}`
  return new GraphQLError(
    `You have used up what is allowed: ${points} ${what} in ${period} s. Try again in ${seconds} s.`,
    {
      extensions: {
        code: 'RATE_LIMITED',
        limit: name,
        retryAfterSeconds: seconds,
        http: { status: 429, headers: { 'retry-after': String(seconds) } },
      },
    },
  )
}

const nouns: Readonly<Record<string, string>> = {
  cost: 'points of cost',
  'requests-of-user': 'requests',
  'documents-of-address': 'documents that are not known here',
}
