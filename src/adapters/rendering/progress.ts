import { framesPerSecond } from './geometry.ts'

/** Reads ffmpeg's `-progress pipe:1`: how far it has encoded, in frames. */
export function readProgress(onFrames: (frames: number) => void): (line: string, stream: string) => void {
  return (line, stream) => {
    // In microseconds, in spite of its name.
    const microseconds = stream === 'stdout' && /^out_time_ms=(\d+)$/.exec(line)?.[1]
    if (microseconds) onFrames((Number(microseconds) / 1_000_000) * framesPerSecond)
  }
}
