// Where the settings keep the content of reports: a bucket where one is named, else a folder.
import type { StorageConfig } from '../storage/open-storage.ts'
import type { Settings } from './settings.ts'

/** Credentials are found by the SDK: in AWS_ACCESS_KEY_ID and its like, in its files, or by the role of the machine. */
export function storageOfSettings(settings: Settings): StorageConfig {
  const { storage, s3Bucket, s3Prefix, s3Region, s3Endpoint, s3PathStyle, s3ExpireAfterDays } = settings
  if (s3Bucket === null) return { directory: storage }
  return {
    s3: {
      bucket: s3Bucket,
      pathStyle: s3PathStyle,
      ...(s3Prefix !== null && { prefix: s3Prefix }),
      ...(s3Region !== null && { region: s3Region }),
      ...(s3Endpoint !== null && { endpoint: s3Endpoint }),
      ...(s3ExpireAfterDays !== null && { expireAfterDays: s3ExpireAfterDays }),
    },
  }
}
