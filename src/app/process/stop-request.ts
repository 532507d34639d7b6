export interface StopRequest {
  /** Resolves to the reason, once. */
  readonly requested: Promise<string>
  request(reason: string): void
}

/** A new start takes 700 ms until it needs the ports; by then the processes of a killed parent have ended. */
const parentCheckMs = 100

/**
 * A request to stop this process: a signal or, with `endWithParent`, the end of its parent. Further signals have no
 * effect: under npm, Ctrl-C arrives twice, from the terminal and from npm.
 */
export function stopRequest({ endWithParent }: { endWithParent: boolean }): StopRequest {
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
  if (endWithParent) {
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) resolve('parent ended')
    }, parentCheckMs).unref()
  }
  return { requested: promise, request: resolve }
}
