import { setTimeout as sleep } from 'node:timers/promises'

/** Whether somebody wants a long command to end, by Ctrl-C or SIGTERM, at the next place where it can. */
export interface StopSignal extends Disposable {
  readonly asked: boolean
  /** Rejects when somebody asks meanwhile. */
  wait(ms: number): Promise<void>
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Further signals change nothing: under npm a Ctrl-C arrives twice. */
export function stopSignal(): StopSignal {
  const controller = new AbortController()
  const { signal } = controller
  const ask = () => controller.abort()
  for (const name of signals) process.on(name, ask)
  return {
    get asked() {
      return signal.aborted
    },
    wait: (ms) => sleep(ms, undefined, { signal }),
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, ask)
    },
  }
}

/** Takes each step until the last one or until somebody asks for an end; false in that case. */
export async function untilStopped<Step>(
  stop: StopSignal,
  steps: AsyncIterable<Step>,
  take: (step: Step) => void,
): Promise<boolean> {
  try {
    for await (const step of steps) {
      take(step)
      if (stop.asked) return false
    }
    return true
  } catch (error) {
    if (stop.asked && error instanceof Error && error.name === 'AbortError') return false
    throw error
  }
}
