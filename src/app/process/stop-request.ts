export interface StopRequest {
  /** Resolves to why, once. */
  readonly asked: Promise<string>
  ask(reason: string): void
}

/** A start right after a kill takes 700 ms to want the port; by then all has ended. */
const parentCheckMs = 100

/**
 * Resolves when somebody wants this process to end: a signal, or, where asked for, the end of its parent. Further
 * signals change nothing: under npm a Ctrl-C arrives twice, from the terminal and from npm.
 */
export function stopRequest({ endWithParent }: { endWithParent: boolean }): StopRequest {
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  if (endWithParent) {
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) resolve('its parent ended')
    }, parentCheckMs).unref()
  }
  return { asked: promise, ask: resolve }
}
