import type { Upload } from '../../generated/prisma/client.ts'
import type { CountUpload } from './count-uploads.ts'
import type { UploadOwners } from './owners.ts'
import type { Bucket, SignedRequest } from './ports.ts'
import './graphql/errors.ts'
import './graphql/upload.ts'
import './graphql/uploads-of-user.ts'
import './graphql/request-upload.ts'
import './graphql/complete-upload.ts'
import './graphql/cancel-upload.ts'

/** What the resolvers of uploads need of the context. */
declare module '../../graphql/context.ts' {
  interface Ports {
    readonly bucket: Bucket
    readonly uploadOwners: UploadOwners
    readonly countUpload: CountUpload
  }
}

/** Payloads to which a higher domain adds a field, and what it answers with itself. */
declare module '../../graphql/builder.ts' {
  interface ObjectShapes {
    RequestUploadPayload: { readonly upload: Upload }
    CompleteUploadPayload: { readonly upload: Upload }
    SignedDownload: SignedRequest
  }
}
