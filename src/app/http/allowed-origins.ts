import type { Settings } from '../../config/config.ts'

/** Whether pages and web views of this origin, as the Origin header names it, may call the API. */
export type IsAllowedOrigin = (origin: string) => boolean

/** The origins of CORS_ORIGINS; in development also every port of localhost, since each front end tool has its own. */
export function createOriginCheck({ corsOrigins, mode }: Pick<Settings, 'corsOrigins' | 'mode'>): IsAllowedOrigin {
  const allowed: ReadonlySet<string> = new Set(corsOrigins)
  if (mode === 'production') return (origin) => allowed.has(origin)
  return (origin) => allowed.has(origin) || localhost.test(origin)
}

const localhost = /^https?:\/\/(localhost|[a-z\d-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/
