import { type CronEntry, handle, type JobHandler } from '../../../platform/jobs/define-job.ts'
import { addMissingPosters, drawPoster } from '../commands/draw-posters.ts'
import { prunePictureSearches } from '../commands/prune-picture-searches.ts'
import { removeFilesOf } from '../commands/remove-files.ts'
import { removeUnusedFiles } from '../commands/remove-unused-files.ts'
import { renderNext } from '../commands/render-next.ts'
import { sweepVideos } from '../commands/sweep-videos.ts'
import * as jobs from '../job-types.ts'
import type { VideosServices } from '../services.ts'

export function videosJobs(services: VideosServices): JobHandler[] {
  return [
    handle(jobs.renderNext, (_payload, run) => renderNext(services, run)),
    handle(jobs.removeFiles, (files) => removeFilesOf(services, files)),
    handle(jobs.sweepVideos, async () => {
      await sweepVideos(services)
      await addMissingPosters(services)
    }),
    handle(jobs.drawPoster, ({ templateKey }, { signal }) => drawPoster(services, templateKey, signal)),
    handle(jobs.removeUnused, () => removeUnusedFiles(services.db, services.clock())),
    handle(jobs.prunePictures, async () => void (await prunePictureSearches(services.db, services.clock()))),
  ]
}

export const videosCron: CronEntry[] = [
  { job: jobs.sweepVideos, schedule: '*/5 * * * *' },
  { job: jobs.removeUnused, schedule: '20 4 * * *' },
  { job: jobs.prunePictures, schedule: '50 3 * * *' },
]
