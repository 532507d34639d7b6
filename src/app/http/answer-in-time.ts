/** Nobody waits longer for a database that is silent: who asks, and whether a delivery is new, is known by then. */
export const answerMs = 4_500

/** Of a 503: a restart of Postgres takes seconds. */
export const retryAfter = { 'retry-after': '5' }
