import type { UploadRejection } from '../../generated/prisma/enums.ts'
import { DomainError } from '../../platform/errors.ts'
import { uploadMessages } from './messages.ts'

export class UploadIncomplete extends DomainError {
  readonly code = 'UPLOAD_INCOMPLETE'

  constructor() {
    super(uploadMessages.incomplete())
  }
}

export class UploadRejected extends DomainError {
  readonly code = 'UPLOAD_REJECTED'
  readonly reason: UploadRejection

  constructor(reason: UploadRejection) {
    super(uploadMessages.rejected({ reason }))
    this.reason = reason
  }
}

export class UploadNotPending extends DomainError {
  readonly code = 'UPLOAD_NOT_PENDING'

  constructor() {
    super(uploadMessages.notPending())
  }
}

export class UploadExpired extends DomainError {
  readonly code = 'UPLOAD_EXPIRED'

  constructor() {
    super(uploadMessages.expired())
  }
}
