/** What graphile-worker notifies of: jobs were added; its tables were migrated. */
export const queueChannels = { added: 'jobs:insert', migrated: 'worker:migrate' } as const
/** Ours: an operator cancelled jobs that are running. */
export const cancellationChannel = 'pacer_job_cancellations'
