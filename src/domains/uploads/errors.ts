import type { UploadRejection } from '../../generated/prisma/enums.ts'
import { DomainError } from '../../platform/errors.ts'

export class UploadIncomplete extends DomainError {
  readonly code = 'UPLOAD_INCOMPLETE'

  constructor() {
    super('The file has not arrived whole. Send what is missing, then complete the upload again.')
  }
}

const sentences: Record<UploadRejection, string> = {
  SIZE_MISMATCH: 'The file has another size than was announced.',
  TYPE_MISMATCH: 'The file was sent as another media type than was announced.',
  CONTENT_MISMATCH: 'This is not a file of a kind that can be taken here.',
  CHECKSUM_MISMATCH: 'The file was damaged on its way: its checksum is not the announced one.',
}

export class UploadRejected extends DomainError {
  readonly code = 'UPLOAD_REJECTED'
  readonly reason: UploadRejection

  constructor(reason: UploadRejection) {
    super(`${sentences[reason]} It was removed; request a new upload.`)
    this.reason = reason
  }
}

export class UploadNotPending extends DomainError {
  readonly code = 'UPLOAD_NOT_PENDING'

  constructor() {
    super('This upload has ended already, so it cannot be cancelled.')
  }
}

export class UploadExpired extends DomainError {
  readonly code = 'UPLOAD_EXPIRED'

  constructor() {
    super('This upload was cancelled or not completed in time. Request a new one.')
  }
}
