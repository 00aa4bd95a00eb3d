// Tries to write below the prefix, and asks the bucket to remove what we would not live to remove.
import type { Bucket } from './bucket.ts'
import { putLifecycleRule } from './put-lifecycle-rule.ts'

export async function prepareBucket(bucket: Bucket, expireAfterDays: number | undefined): Promise<void> {
  const { sdk, client, name: Bucket } = bucket
  // The point keeps it apart from every file. Always the same, so that a process that dies here leaves one at most.
  const probe = { Bucket, Key: `${bucket.prefix}.probe` }
  await client.send(new sdk.PutObjectCommand({ ...probe, Body: 'probe', ContentType: 'text/plain' }))
  await client.send(new sdk.DeleteObjectCommand(probe))
  await putLifecycleRule(bucket, expireAfterDays)
}
