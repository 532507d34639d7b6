import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createFfmpeg } from './ffmpeg.ts'
import { findFfmpeg } from './find-ffmpeg.ts'

const { signal } = new AbortController()

async function folderWithProgram(script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-ffmpeg-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const program = join(folder, 'ffmpeg')
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  return { folder, program }
}

it('uses FFMPEG_PATH, else the first of the PATH', async () => {
  const one = await folderWithProgram('exit 0')
  const other = await folderWithProgram('exit 0')
  const searchPath = `relative:/no/such/folder:${one.folder}:${other.folder}`
  await expect(findFfmpeg({ ffmpegPath: other.program, searchPath })).resolves.toBe(other.program)
  await expect(findFfmpeg({ ffmpegPath: null, searchPath })).resolves.toBe(one.program)
  await expect(findFfmpeg({ ffmpegPath: '/no/such/ffmpeg', searchPath })).rejects.toThrow('FFMPEG_PATH')
})

it('uses the development package where there is no other, and says which filters that one lacks', async () => {
  const ffmpeg = createFfmpeg({ ffmpegPath: null, searchPath: '' })
  await expect(ffmpeg.inspect(['overlay', 'xfade', 'no-such-filter'], { signal })).resolves.toEqual({
    version: expect.stringMatching(/@ffmpeg-installer.*, version \S+/),
    missingFilters: ['xfade', 'no-such-filter'],
  })
})

it('looks for the program again after it was missing', async () => {
  const { folder, program } = await folderWithProgram('echo "ffmpeg version 9.9 Copyright"')
  await rm(program)
  const ffmpeg = createFfmpeg({ ffmpegPath: program, searchPath: folder })
  await expect(ffmpeg.inspect([], { signal })).rejects.toThrow(program)
  await writeFile(program, '#!/bin/sh\necho "ffmpeg version 9.9 Copyright"\n', { mode: 0o755 })
  await expect(ffmpeg.inspect([], { signal })).resolves.toMatchObject({ version: `${program}, version 9.9` })
})

it('reports the CPU time and the memory that ffmpeg used', async () => {
  const ffmpeg = createFfmpeg({ ffmpegPath: null, searchPath: process.env.PATH ?? '' })
  const args = ['-f', 'lavfi', '-i', 'testsrc2=size=640x480:duration=2', '-f', 'null', '-']
  const usage = await ffmpeg.run({ args, signal, limits: { wallMs: 20_000, outputBytes: 1_000_000 } })
  expect(usage.cpuSeconds).toBeGreaterThan(0)
  expect(usage.peakMemoryBytes).toBeGreaterThan(10_000_000)
})
