import { userInfo } from 'node:os'
import { join } from 'node:path'
import './graphql/schema.ts'
import { billing } from '../billing/index.ts'
import { defineDomain } from '../define-domain.ts'
import { notifications as userNotifications } from '../notifications/index.ts'
import { uploads } from '../uploads/index.ts'
import { usage } from '../usage/index.ts'
import { audioUploads } from './audio-uploads.ts'
import { imageUploads } from './image-uploads.ts'
import { videosCron, videosJobs } from './jobs/handlers.ts'
import { videoFailures, videoMessages } from './messages.ts'
import { missingFiltersOf } from './missing-filters.ts'
import { observeVideos } from './observe-videos.ts'
import { videosOfUser } from './personal-data.ts'
import { stateOfHold } from './queries/hold-state.ts'
import { type VideosServices, type VideosVendors, videos } from './services.ts'
import { templateMessages } from './template-messages.ts'
import { createTemplatePosters } from './template-posters.ts'
import { transcriptMessages } from './transcripts/messages.ts'
import { createVideoMetrics } from './video-metrics.ts'
import { videoFinished, videoFinishedMessages } from './video-notifications.ts'
import { workFoldersIn } from './work-folder.ts'

/** On disk, unlike /tmp on some systems: an hour of video takes some gigabytes with what it is made of. */
const workFolder = join('/var/tmp', `pacer-videos-${userInfo().uid}`)

/** Videos rendered from audio files. */
export const videosDomain = defineDomain<VideosVendors, VideosServices>({
  name: 'videos',
  key: videos,
  build({ platform, vendors, services }) {
    const { db, clock, log, notifications, metrics } = platform
    const { audioTools, videoRenderer, transcriber, planner, pictureSearch } = vendors
    return {
      db,
      clock,
      log,
      notifications,
      bucket: services(uploads).bucket,
      plans: services(billing).plans,
      usage: services(usage),
      notifyUsers: services(userNotifications).notifyUsers,
      videoMetrics: createVideoMetrics(metrics, videoRenderer.templates),
      missingFilters: missingFiltersOf(videoRenderer),
      templatePosters: createTemplatePosters(services(uploads).bucket, videoRenderer.templates),
      createWorkFolder: workFoldersIn(workFolder),
      audioTools,
      videoRenderer,
      transcriber,
      planner,
      pictureSearch,
    }
  },
  jobs: videosJobs,
  cron: videosCron,
  uploadKinds: [audioUploads, imageUploads],
  creditHolds: (services) => ({ video: (reference) => stateOfHold(services, reference) }),
  metrics: observeVideos,
  notificationKinds: [videoFinished],
  messages: [videoMessages, videoFailures, templateMessages, transcriptMessages, videoFinishedMessages],
  personalData: (services) => [videosOfUser(services)],
})
