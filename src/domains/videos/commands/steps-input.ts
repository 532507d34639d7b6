import type { ClaimedVideo } from './claim-video.ts'
import type { Lease } from './keep-lease.ts'

export interface StepsInput {
  readonly video: ClaimedVideo
  /** An empty folder. */
  readonly folder: string
  readonly lease: Lease
  readonly onPercent: (percent: number) => void
}
