import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { verifyToken } from '@clerk/backend'
import { createSessionVerifier } from '../src/adapters/clerk/session-verifier.ts'
import { createPresigner } from '../src/adapters/r2/presign.ts'
import { developmentIdentity } from '../src/dev/identity.ts'
import { generatePoints } from '../src/dev/seed/recordings.ts'
import { decodeTrack, encodeTrack } from '../src/domains/activities/track.ts'

interface Candidate {
  readonly name: string
  run(): unknown
}

/** Our implementation beside the one of the library. */
export interface Comparison {
  readonly name: string
  readonly ours: Candidate
  readonly theirs: Candidate
}

/** The comparisons of the group `parts`. */
export async function comparisons(): Promise<Comparison[]> {
  return [signing(), await verifying(), reading()]
}

function signing(): Comparison {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const endpoint = 'https://account.r2.cloudflarestorage.com'
  const presigner = createPresigner({ endpoint, bucket: 'uploads', ...credentials })
  const s3 = new S3Client({ region: 'auto', endpoint, credentials, forcePathStyle: true })
  const put = {
    key: 'uploads/01a1fc48-6329-7639-a876-251d90a003fa/01a1fc48-6ad7-7708-a86d-7c4e1952a2bc',
    contentType: 'application/octet-stream',
    contentDisposition: 'attachment; filename="run.fit"',
    byteSize: 121_839,
    contentMd5: null,
  }
  const command = new PutObjectCommand({
    Bucket: 'uploads',
    Key: put.key,
    ContentType: put.contentType,
    ContentDisposition: put.contentDisposition,
    ContentLength: put.byteSize,
    IfNoneMatch: '*',
  })
  const signableHeaders = new Set(['content-type'])
  return {
    name: 'sign a PUT',
    ours: { name: 'S3RequestPresigner', run: () => presigner.signPut(put, { now: new Date(), seconds: 600 }) },
    theirs: { name: 'getSignedUrl', run: () => getSignedUrl(s3, command, { expiresIn: 600, signableHeaders }) },
  }
}

async function verifying(): Promise<Comparison> {
  const identity = await developmentIdentity(await mkdtemp(join(tmpdir(), 'pacer-bench-')))
  const token = await identity.signToken({ email: 'alice@example.com', now: new Date(), expiresInSeconds: 3_600 })
  const { jwtKey, issuer, authorizedParties } = identity
  const verifier = createSessionVerifier({
    jwtKey,
    issuer,
    authorizedParties,
    requireAuthorizedParty: true,
    apiUrl: 'https://api.clerk.invalid',
  })
  return {
    name: 'verify a token',
    ours: { name: 'cached', run: () => verifier.verify(token, new Date()) },
    theirs: { name: 'verifyToken', run: () => verifyToken(token, { jwtKey }) },
  }
}

function reading(): Comparison {
  const points = generatePoints({ sport: 'RUNNING', startedAt: new Date(0), seconds: 2_808 }).map((point) => ({
    elapsedSeconds: point.second,
    latitude: point.latitude,
    longitude: point.longitude,
    altitudeMeters: point.altitudeMeters,
    distanceMeters: point.distanceMeters,
    heartRateBpm: point.heartRateBpm,
    speedMetersPerSecond: null,
    cadenceRpm: null,
    powerWatts: null,
  }))
  const packed = encodeTrack(points)
  const json = JSON.stringify(points)
  return {
    name: `read a track of 2,809 points (${packed.length} bytes; JSON ${json.length})`,
    ours: { name: 'packed', run: () => decodeTrack(packed) },
    theirs: { name: 'JSON.parse', run: () => JSON.parse(json) },
  }
}
