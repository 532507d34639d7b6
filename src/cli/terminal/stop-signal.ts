import { setTimeout as sleep } from 'node:timers/promises'

/** Whether a long command was told to stop, by Ctrl-C or SIGTERM. */
export interface StopSignal extends Disposable {
  readonly requested: boolean
  /** Rejects when the command is told to stop while it waits. */
  wait(ms: number): Promise<void>
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Further signals have no effect: under npm, Ctrl-C arrives twice. */
export function stopSignal(): StopSignal {
  const controller = new AbortController()
  const { signal } = controller
  const requestStop = () => controller.abort()
  for (const name of signals) process.on(name, requestStop)
  return {
    get requested() {
      return signal.aborted
    },
    wait: (ms) => sleep(ms, undefined, { signal }),
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, requestStop)
    },
  }
}

/** Handles each step until the last one, or until the command is told to stop; then returns false. */
export async function untilStopped<Step>(
  stop: StopSignal,
  steps: AsyncIterable<Step>,
  take: (step: Step) => void,
): Promise<boolean> {
  try {
    for await (const step of steps) {
      take(step)
      if (stop.requested) return false
    }
    return true
  } catch (error) {
    if (stop.requested && error instanceof Error && error.name === 'AbortError') return false
    throw error
  }
}
