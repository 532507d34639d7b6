import type { Log } from '../observability/log.ts'

/** Checks many entries with one statement, every second and on demand: a notification may be lost. */
export interface Poll<Entry extends object> {
  /** Calls `onFound` each time a check returns the entry, until the returned function is called. */
  add(entry: Entry, onFound: () => void): () => void
  /** Checks all entries now. Calls that arrive during a check lead to one more check. */
  checkNow(): void
}

export interface PollOptions<Entry extends object> {
  /** What is polled, for the log. */
  readonly name: string
  /** Which of the entries have changed. */
  find(entries: readonly Entry[]): Promise<Iterable<Entry>>
  readonly log: Log
  /** 1 s unless given. */
  readonly everyMs?: number
}

/** The timer runs while there are entries. A check that fails is logged once until one succeeds, and is repeated. */
export function createPoll<Entry extends object>(options: PollOptions<Entry>): Poll<Entry> {
  const { name, find, log, everyMs = 1_000 } = options
  const entries = new Map<Entry, () => void>()
  let timer: NodeJS.Timeout | undefined
  let isChecking = false
  let isRequested = false
  let hasFailed = false

  const check = async () => {
    isRequested = true
    if (isChecking) return
    isChecking = true
    while (isRequested && entries.size > 0) {
      isRequested = false
      try {
        for (const entry of await find([...entries.keys()])) entries.get(entry)?.()
        hasFailed = false
      } catch (error) {
        if (!hasFailed) log.warn({ err: error, poll: name }, 'a poll failed; it is repeated every second')
        hasFailed = true
      }
    }
    isChecking = false
  }

  return {
    add(entry, onFound) {
      entries.set(entry, onFound)
      timer ??= setInterval(check, everyMs).unref()
      return () => {
        entries.delete(entry)
        if (entries.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    checkNow: () => void check(),
  }
}
