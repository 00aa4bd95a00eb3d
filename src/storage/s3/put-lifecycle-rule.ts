// Puts the lifecycle rule of the prefix beside the rules that the bucket has.
import { isDeepStrictEqual } from 'node:util'
import type { LifecycleRule } from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'

/**
 * The bucket gives up uploads that are a day old, and removes files where it is told after how many days. A bucket that does not
 * let us, or knows no such rules, is told of and left: the sweep does the same while we run.
 */
export async function putLifecycleRule(bucket: Bucket, expireAfterDays: number | undefined): Promise<void> {
  const rule = toRule(bucket.prefix, expireAfterDays)
  try {
    const rules = await readRules(bucket)
    if (rules.some(there => isDeepStrictEqual(pick(there), rule))) return
    await bucket.client.send(
      new bucket.sdk.PutBucketLifecycleConfigurationCommand({
        Bucket: bucket.name,
        // A put replaces all rules: those of others go along.
        LifecycleConfiguration: { Rules: [...rules.filter(({ ID }) => ID !== rule.ID), rule] },
      }),
    )
  } catch (error) {
    const reason = error instanceof Error ? error.name : String(error)
    bucket.warn(
      `The lifecycle rule for ${bucket.name}/${bucket.prefix} was not put (${reason}); only our own sweep removes files.`,
    )
  }
}

function toRule(prefix: string, expireAfterDays: number | undefined): LifecycleRule {
  return {
    ID: `colonnade ${prefix}`,
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    ...(expireAfterDays !== undefined && { Expiration: { Days: expireAfterDays } }),
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  }
}

/** The members that our rules have, in the order that does not matter. */
function pick({ ID, Status, Filter, Expiration, AbortIncompleteMultipartUpload }: LifecycleRule): LifecycleRule {
  return { ID, Status, Filter, ...(Expiration && { Expiration }), AbortIncompleteMultipartUpload }
}

/** Whatever else goes wrong here ends it: rules that we could not read would be lost by the put. */
async function readRules({ sdk, client, name: Bucket }: Bucket): Promise<readonly LifecycleRule[]> {
  try {
    const { Rules = [] } = await client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }))
    return Rules
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return []
    throw error
  }
}
