import { ChildFailed } from '../../platform/child-process/child-failed.ts'
import { type ChildLimits, runChild } from '../../platform/child-process/run-child.ts'
import { type FfmpegLocation, findFfmpeg } from './find-ffmpeg.ts'

export interface FfmpegRun {
  readonly args: readonly string[]
  readonly signal: AbortSignal
  readonly limits: ChildLimits
  readonly cwd?: string
  readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  readonly onOutput?: (chunk: Buffer) => void
}

export interface FfmpegUsage {
  readonly cpuSeconds: number
  /** As ffmpeg measured it itself. */
  readonly peakMemoryBytes: number
}

export interface Ffmpeg {
  /** Runs ffmpeg to its end. Throws ChildFailed, and the signal's reason. */
  run(run: FfmpegRun): Promise<FfmpegUsage>
  /** The program's version, and which of these filters it lacks. Throws where there is no program. */
  inspect(
    filters: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly version: string; readonly missingFilters: readonly string[] }>
}

/** Never reads the terminal, never asks before it writes over a file, and ends with its CPU time and memory on stderr. */
const always = ['-hide_banner', '-nostdin', '-nostats', '-benchmark', '-y', '-protocol_whitelist', 'file,pipe']
const inspectLimits = { wallMs: 10_000, outputBytes: 1_000_000 }

/** The program is looked up at its first use, and again after a failure. */
export function createFfmpeg(location: FfmpegLocation): Ffmpeg {
  let found: Promise<string> | undefined
  const program = async () => {
    found ??= findFfmpeg(location)
    return found.catch((error) => {
      found = undefined
      throw error
    })
  }

  async function run({ args, onLine, ...options }: FfmpegRun): Promise<FfmpegUsage> {
    const command = await program()
    let usage: FfmpegUsage = { cpuSeconds: 0, peakMemoryBytes: 0 }
    try {
      await runChild({
        ...options,
        command,
        args: [...always, ...args],
        onLine(line, stream) {
          if (stream === 'stderr' && line.startsWith('bench:')) usage = readBenchmark(line, usage)
          onLine?.(line, stream)
        },
      })
    } catch (error) {
      throw reasonOf(error)
    }
    return usage
  }

  async function inspect(filters: readonly string[], { signal }: { readonly signal: AbortSignal }) {
    const command = await program()
    const lines: string[] = []
    for (const arg of ['-version', '-filters']) {
      const onLine = (line: string, stream: string) => {
        if (stream === 'stdout') lines.push(line)
      }
      await runChild({ command, args: ['-hide_banner', arg], signal, limits: inspectLimits, onLine }).catch((error) => {
        throw reasonOf(error)
      })
    }
    const version = /^ffmpeg version (\S+)/.exec(lines[0] ?? '')?.[1] ?? 'unknown'
    // ` .. alphamerge        VV->V      Copy the luma value …`
    const present = new Set(lines.map((line) => /^ [.A-Z|]{2,3} (\S+) +\S+->\S+/.exec(line)?.[1]))
    return { version: `${command}, version ${version}`, missingFilters: filters.filter((name) => !present.has(name)) }
  }

  return { run, inspect }
}

/** `bench: utime=7.651s stime=1.084s rtime=15.209s`, and `bench: maxrss=320764kB`. */
function readBenchmark(line: string, before: FfmpegUsage): FfmpegUsage {
  const times = /utime=([\d.]+)s stime=([\d.]+)s/.exec(line)
  const memory = /maxrss=(\d+)kB/.exec(line)
  return {
    cpuSeconds: times ? Number(times[1]) + Number(times[2]) : before.cpuSeconds,
    peakMemoryBytes: memory ? Number(memory[1]) * 1024 : before.peakMemoryBytes,
  }
}

function reasonOf(error: unknown): unknown {
  return error instanceof ChildFailed && error.failure === 'aborted' ? error.cause : error
}
