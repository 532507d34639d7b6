/** The longest that a request waits for a stalled database, for authentication and for storing a delivery. */
export const answerMs = 4_500

/** The headers of a 503, because a restart of Postgres takes seconds, and of a 429 for streams, because a closed page ends its own. */
export const retryAfter = { 'retry-after': '5' }
