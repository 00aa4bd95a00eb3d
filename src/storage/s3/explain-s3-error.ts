// Says what a failed request to S3 means, and what would mend it.
import { StorageError, type StorageFault } from '../storage-error.ts'
import type { Bucket } from './bucket.ts'

const away = 'cannot be reached: look at the endpoint and the network.'
const keys = 'does not take the credentials: look at the access key, its secret and the clock of this machine.'
const permissions =
  'refuses: the credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload below the prefix, ' +
  's3:ListBucket and s3:ListBucketMultipartUploads on the bucket.'
const elsewhere = 'is in another region: set the region.'

const meanings: Readonly<Record<string, readonly [StorageFault, string]>> = {
  NoSuchBucket: ['bad_setup', 'is not there: make it, or name another.'],
  AccessDenied: ['bad_setup', permissions],
  Forbidden: ['bad_setup', permissions],
  InvalidAccessKeyId: ['bad_setup', keys],
  SignatureDoesNotMatch: ['bad_setup', keys],
  ExpiredToken: ['bad_setup', keys],
  RequestTimeTooSkewed: ['bad_setup', keys],
  CredentialsProviderError: [
    'bad_setup',
    'needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role.',
  ],
  PermanentRedirect: ['bad_setup', elsewhere],
  AuthorizationHeaderMalformed: ['bad_setup', elsewhere],
  IllegalLocationConstraintException: ['bad_setup', elsewhere],
  QuotaExceeded: ['full', 'has no room left.'],
  XMinioStorageFull: ['full', 'has no room left.'],
  ECONNREFUSED: ['failed', away],
  ECONNRESET: ['failed', away],
  ENOTFOUND: ['failed', away],
  EAI_AGAIN: ['failed', away],
  TimeoutError: ['failed', away],
}

/** A StorageError with the cause; an abort and what we said already stay as they are. */
export function explainS3Error(error: unknown, bucket: Pick<Bucket, 'name' | 'prefix'>): unknown {
  if (!(error instanceof Error) || error instanceof StorageError || error.name === 'AbortError') return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const known = meanings[error.name] ?? meanings[code]
  const region = /^Region is missing/.test(error.message)
    ? (['bad_setup', 'needs a region: set region or AWS_REGION.'] as const)
    : null
  const [fault, meaning] = known ?? region ?? ['failed', `failed: ${error.message}`]
  return new StorageError(fault, `The bucket ${bucket.name} ${meaning} (${bucket.prefix}, ${code})`, { cause: error })
}
