import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { drawPoster as drawPosterJob } from '../job-types.ts'
import type { VideosServices } from '../services.ts'
import { templatePosterKey } from '../template-posters.ts'
import { writeFromFile } from './transfer-files.ts'

type Services = Pick<
  VideosServices,
  'db' | 'bucket' | 'videoRenderer' | 'missingFilters' | 'templatePosters' | 'createWorkFolder'
>

/** Adds a job for each template without a poster that the server's ffmpeg can draw. */
export async function addMissingPosters({
  db,
  videoRenderer,
  missingFilters,
  templatePosters,
}: Services): Promise<void> {
  for (const { key, ffmpegFilters } of videoRenderer.templates) {
    if (await templatePosters.exists(key)) continue
    const missing = await missingFilters()
    if (missing === null || ffmpegFilters.some((filter) => missing.includes(filter))) continue
    await db.transaction((tx) => enqueue(tx, drawPosterJob, { templateKey: key }, { key }))
  }
}

/** Draws the poster of a template and writes it to the bucket. Repeating it writes the same file. */
export async function drawPoster(
  { bucket, videoRenderer, createWorkFolder }: Services,
  templateKey: string,
  signal: AbortSignal,
): Promise<void> {
  const folder = await createWorkFolder(uuidv7())
  try {
    const file = join(folder, 'poster.jpg')
    await videoRenderer.drawSample(templateKey, file, { signal })
    const target = { key: templatePosterKey(templateKey), file, contentType: 'image/jpeg', name: `${templateKey}.jpg` }
    await writeFromFile(bucket, target, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
