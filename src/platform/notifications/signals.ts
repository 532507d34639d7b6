/** Topics that are raised and waited for within this process. */
export interface Signals {
  raise(topic: string): void
  raiseAll(): void
  /** Yields once for all raises since it was last asked, so a slow reader has one flag and no queue. */
  wait(topic: string, signal: AbortSignal): AsyncIterable<void>
  endAll(): void
}

interface Waiter {
  raise(): void
  end(): void
}

export function createSignals(): Signals {
  const waiters = new Map<string, Set<Waiter>>()

  return {
    raise(topic) {
      for (const waiter of waiters.get(topic) ?? []) waiter.raise()
    },
    raiseAll() {
      for (const topic of waiters.values()) for (const waiter of topic) waiter.raise()
    },
    endAll() {
      for (const topic of [...waiters.values()]) for (const waiter of [...topic]) waiter.end()
    },
    wait(topic, signal) {
      let raised = false
      let ended = signal.aborted
      let wake = () => {}
      const waiter: Waiter = {
        raise() {
          raised = true
          wake()
        },
        end() {
          ended = true
          signal.removeEventListener('abort', waiter.end)
          const others = waiters.get(topic)
          others?.delete(waiter)
          if (others?.size === 0) waiters.delete(topic)
          wake()
        },
      }
      if (!ended) {
        waiters.set(topic, (waiters.get(topic) ?? new Set()).add(waiter))
        signal.addEventListener('abort', waiter.end, { once: true })
      }
      return {
        async *[Symbol.asyncIterator]() {
          try {
            while (!ended) {
              if (!raised) await new Promise<void>((resolve) => (wake = resolve))
              if (ended) return
              raised = false
              yield
            }
          } finally {
            waiter.end()
          }
        },
      }
    },
  }
}
