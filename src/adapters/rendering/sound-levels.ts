/** Of the sound that the levels are measured from: mono, 16 bits. */
export const levelSampleRate = 6_000
/** Each level is of 0.12 s. */
const samplesOfLevel = 720
export const levelSeconds = samplesOfLevel / levelSampleRate
/** Of a file that is silent: −70 dB. */
const leastPower = 1e-7
/** Quieter than this below the loud parts of the file is shown as nothing. */
const shownDb = 34

/** Measures the loudness of sound as it comes, in one number for each 0.12 s: 120 KB for an hour. */
export function measureLevels(): { write(chunk: Buffer): void; levels(): Float32Array } {
  const powers: number[] = []
  let rest: Buffer = Buffer.alloc(0)
  let sum = 0
  let count = 0
  return {
    write(chunk) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      const whole = bytes.length - (bytes.length % 2)
      for (let at = 0; at < whole; at += 2) {
        const sample = bytes.readInt16LE(at) / 32_768
        sum += sample * sample
        count += 1
        if (count === samplesOfLevel) {
          powers.push(sum / count)
          sum = 0
          count = 0
        }
      }
      rest = Buffer.from(bytes.subarray(whole))
    },
    levels() {
      if (count > 0) powers.push(sum / count)
      sum = 0
      count = 0
      return relativeTo(powers)
    },
  }
}

/** 0 to 1, relative to the louder parts of the file, so that a quiet recording has bars too. */
function relativeTo(powers: readonly number[]): Float32Array {
  const sorted = [...powers].sort((a, b) => a - b)
  const loud = Math.max(sorted[Math.floor(sorted.length * 0.95)] ?? 0, leastPower)
  return Float32Array.from(powers, (power) => {
    const db = 10 * Math.log10(Math.max(power, 1e-12) / loud)
    return Math.min(1, Math.max(0, 1 + db / shownDb)) ** 1.6
  })
}
