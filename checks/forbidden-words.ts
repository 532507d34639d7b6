/** Words that have a standard term instead. */
export interface ForbiddenWords {
  /** All forms, in lower case. A phrase also matches with hyphens (`stand-in`) and as a name (`standIn`, `stand_in`). */
  readonly words: readonly string[]
  readonly use: string
  /** Phrases that hold one of the words and are fine. */
  readonly except?: readonly string[]
}

/** The words that docs/architecture.md's glossary replaces. `npm run check:words` finds them in names and texts. */
export const forbiddenWords: readonly ForbiddenWords[] = [
  { words: ['asker', 'askers'], use: 'requester, client' },
  { words: ['who asks', 'whoever', 'whomever'], use: 'requester, client; the user who …' },
  { words: ['who is asking'], use: 'viewer' },
  {
    words: ['arrival', 'arrivals', 'arriving'],
    use: 'user created, onUserCreated; sign-up; receipt of bytes',
    except: ['order of arrival'],
  },
  { words: ['newcomer', 'newcomers'], use: 'new user' },
  { words: ['hint', 'hints', 'hinted', 'hinting'], use: 'notification, invalidation' },
  // User.lapsingCredits is a field of the contract.
  { words: ['lapse', 'lapses', 'lapsed', 'lapsing'], use: 'expire, expired', except: ['lapsing credits'] },
  { words: ['hold person', 'hold people', 'holding person', 'held person', 'holds person'], use: 'lock, runAs' },
  {
    words: ['seal', 'seals', 'sealed', 'sealer', 'sealing', 'unseal', 'unsealed', 'reseal', 'resealed', 'resealing'],
    use: 'encrypt, encrypted, decrypt',
  },
  { words: ['watching'], use: 'observability, metrics, log; subscribe' },
  {
    words: ['patience', 'patient', 'patiently', 'ask again', 'asks again', 'asked again', 'asking again', 'asks anew'],
    use: 'retry, RetryPolicy, backoff',
  },
  { words: ['impatient', 'impatience', 'impatiently'], use: 'timeout, withTimeout' },
  { words: ['gone'], use: 'cancelled, aborted, disconnected, deleted, missing', except: ['410 gone'] },
  { words: ['lie', 'lies', 'lied', 'lying'], use: 'mismatch; of a place: is stored, is in' },
  { words: ['bury', 'buries', 'buried', 'burying'], use: 'dead letter, tombstone' },
  { words: ['leash', 'leashes', 'leashed'], use: 'parent watchdog' },
  { words: ['house', 'houses'], use: 'environment; name the thing' },
  { words: ['stand in', 'stand ins', 'stands in', 'stood in'], use: 'fake server; of a place: is in' },
  { words: ['trouble', 'troubles', 'troubled'], use: 'fault, fault injection, failure' },
  { words: ['gate', 'gates', 'gated'], use: 'guard, check' },
  { words: ['door', 'doors'], use: 'endpoint, interface, proxy; name the thing' },
  { words: ['room', 'rooms'], use: 'space, capacity, limit' },
  { words: ['teller', 'tellers'], use: 'ProgressReporter' },
  { words: ['deaf'], use: 'stalled, isStalled' },
  { words: ['wish', 'wishes', 'wished', 'wishing'], use: 'input, request' },
  { words: ['farewell', 'good bye', 'goodbye'], use: 'deletion, close' },
  { words: ['twice is as once', 'twice as once'], use: 'idempotent: repeating it has no further effect' },
  { words: ['as if it did not exist', 'as if they did not exist'], use: 'returns NOT_FOUND' },
  { words: ['hears of', 'hear of', 'heard of', 'hearing of'], use: 'is notified of, receives' },
  { words: ['for good'], use: 'permanently, finally' },
  { words: ['at work'], use: 'running' },
  { words: ['goes on', 'went on'], use: 'continues, still runs' },
  { words: ['the front'], use: 'HTTP server', except: ['the front end', 'the front ends'] },
]

/** A file that needs a word in another sense. */
export interface AllowedWord {
  readonly path: string
  readonly word: string
  readonly why: string
}

export const allowedWords: readonly AllowedWord[] = [
  { path: 'CHANGELOG.md', word: 'lies', why: 'The entry names the former metric, alert and label value.' },
  { path: 'CHANGELOG.md', word: 'gone', why: 'The entry names the former label value.' },
  { path: 'src/domains/activities/track.ts', word: 'hint', why: 'BROTLI_PARAM_SIZE_HINT is a constant of node:zlib.' },
]
