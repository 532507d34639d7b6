import { basename, extname } from 'node:path'
import type { Command } from 'commander'
import { addressOf, tokenOf } from './api/server-options.ts'
import { wholeNumber } from './terminal/whole-number.ts'

interface MakeInput {
  readonly url: string
  readonly token?: string
  readonly template: string
  readonly title?: string
  readonly out?: string
  readonly wait: number
}

/** Adds the `video` commands. */
export function addVideo(program: Command): void {
  const video = program.command('video').description('make videos at a running server')
  video
    .command('make')
    .description('make a video of an audio file: upload it, wait until the video is ready, and download it')
    .argument('<file>', 'an MP3, WAV or M4A file')
    .option('--url <url>', 'URL of the server', 'http://localhost:4000')
    .option('--token <token>', 'session token, or - to read it from standard input; in development one is created')
    .option('--template <key>', 'key of a template', 'waveform')
    .option('--title <title>', 'the title that the video shows; the name of the file if omitted')
    .option('--out <file>', 'where the video is written; beside the audio file if omitted')
    .option('--wait <seconds>', 'how long to wait for the video', wholeNumber, 3_600)
    .action(async (file: string, { url, token, template, title, out, wait }: MakeInput) => {
      const { createClient } = await import('./api/client.ts')
      const { makeVideo } = await import('./video/make-video.ts')
      const name = basename(file, extname(file))
      const client = createClient(addressOf(url), await tokenOf(token, 'alice@example.com'))
      await makeVideo(client, {
        file,
        templateKey: template,
        title: title ?? name,
        output: out ?? `${file.slice(0, file.length - extname(file).length)}.mp4`,
        waitSeconds: wait,
      })
    })
}
