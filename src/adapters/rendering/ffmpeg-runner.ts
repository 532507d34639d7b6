import type { ChildLimits } from '../../platform/child-process/run-child.ts'

/** What rendering needs of ffmpeg; the adapter `ffmpeg` has it. */
export interface FfmpegRunner {
  /** Throws ChildFailed, and the signal's reason. */
  run(run: {
    readonly args: readonly string[]
    readonly signal: AbortSignal
    readonly limits: ChildLimits
    readonly cwd?: string
    readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
    readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
    readonly onOutput?: (chunk: Buffer) => void
  }): Promise<{ readonly cpuSeconds: number }>
  inspect(
    filters: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly version: string; readonly missingFilters: readonly string[] }>
}
