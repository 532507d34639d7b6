import type { Upload } from '../../../generated/prisma/client.ts'
import type { SignedRequest } from '../ports.ts'
import './errors.ts'
import './upload.ts'
import './uploads-of-user.ts'
import './upload-rules.ts'
import './request-upload.ts'
import './complete-upload.ts'
import './cancel-upload.ts'

export { defineUploadKinds } from './upload-kind.ts'

/** Payloads to which a higher domain adds a field, and types that other domains return. */
declare module '../../../graphql/builder.ts' {
  interface ObjectShapes {
    RequestUploadPayload: { readonly upload: Upload }
    CompleteUploadPayload: { readonly upload: Upload }
    SignedDownload: SignedRequest
    /** An enum without a reference to import: all domains declare its values. */
    UploadKind: string
  }
  interface InputShapes {
    UploadKind: string
  }
}
