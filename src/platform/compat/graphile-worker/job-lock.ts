/** The lock of an attempt on its job. A statement with it changes nothing once the job is another worker's. */
export interface JobLock {
  readonly id: string
  readonly revision: number
  readonly worker: string
}

export const isLocked = 'id = $1::bigint AND revision = $2 AND locked_by = $3'
export const lockOf = ({ id, revision, worker }: JobLock) => [id, revision, worker]
