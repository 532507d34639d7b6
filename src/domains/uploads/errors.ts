import type { UploadRejection } from '../../generated/prisma/enums.ts'
import { DomainError } from '../../platform/errors.ts'

export class UploadIncomplete extends DomainError {
  readonly code = 'UPLOAD_INCOMPLETE'

  constructor() {
    super('The file is incomplete. Send the missing data, then complete the upload again.')
  }
}

const reasons: Record<UploadRejection, string> = {
  SIZE_MISMATCH: 'The size of the file is not the declared size.',
  TYPE_MISMATCH: 'The media type of the file is not the declared media type.',
  CONTENT_MISMATCH: 'The content of the file does not match a supported file type.',
  CHECKSUM_MISMATCH: 'The file was damaged in transfer: its checksum is not the declared checksum.',
}

export class UploadRejected extends DomainError {
  readonly code = 'UPLOAD_REJECTED'
  readonly reason: UploadRejection

  constructor(reason: UploadRejection) {
    super(`${reasons[reason]} It was removed. Request a new upload.`)
    this.reason = reason
  }
}

export class UploadNotPending extends DomainError {
  readonly code = 'UPLOAD_NOT_PENDING'

  constructor() {
    super('The upload has already ended, so it cannot be cancelled.')
  }
}

export class UploadExpired extends DomainError {
  readonly code = 'UPLOAD_EXPIRED'

  constructor() {
    super('The upload was cancelled or not completed in time. Request a new upload, with a new idempotency key.')
  }
}
