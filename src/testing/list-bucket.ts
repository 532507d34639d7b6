import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { TestResources } from './production.ts'

/** The keys that begin with `prefix`, with the sizes of their objects, in the order of the keys. */
export async function listBucket(
  { endpoint, name, accessKeyId, secretAccessKey }: TestResources['bucket'],
  prefix: string,
): Promise<Map<string, number>> {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, credentials, region: 'auto', forcePathStyle: true })
  const sizes = new Map<string, number>()
  try {
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: name, Prefix: prefix, ContinuationToken: token }),
      )
      for (const { Key = '', Size = 0 } of page.Contents ?? []) sizes.set(Key, Size)
      token = page.NextContinuationToken
      if (token === undefined) return sizes
    }
  } finally {
    client.destroy()
  }
}
