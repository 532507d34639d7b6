import type { AudioTools } from '../../domains/videos/ports.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import { probeAudio } from './probe-audio.ts'

const conversionLimits = { wallMs: 30 * 60_000, outputBytes: 4 * 1024 * 1024, memoryBytes: 512 * 1024 * 1024 }

/** Audio files on disk, read by child processes. */
export function createAudioTools(ffmpeg: Ffmpeg): AudioTools {
  return {
    probe: (file, options) => probeAudio(ffmpeg, file, options),
    async convertForTranscription(file, { container, output }, { signal }) {
      await ffmpeg.run({
        args: [
          ...['-loglevel', 'warning', '-f', container, '-i', file, '-map', '0:a:0', '-vn', '-map_metadata', '-1'],
          ...['-ac', '1', '-ar', '16000', '-c:a', 'libopus', '-b:a', '32k', '-vbr', 'off', '-application', 'voip'],
          ...['-f', 'ogg', output],
        ],
        signal,
        limits: conversionLimits,
      })
    },
  }
}
