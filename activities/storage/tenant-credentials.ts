import type { ClientOptions } from 'minio';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import type { StorageConfig } from '../../server/config.ts';

/** The shortest that servers give; the client asks again when it is nearly over, also in mid-transfer. */
const lifetimeSeconds = 15 * 60;

/** What may be done below one prefix: all that copies of state need. No other key, no bucket, no policy. */
const policyOf = (bucket: string, prefix: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      Resource: [`arn:aws:s3:::${bucket}/${prefix}*`],
    },
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [`arn:aws:s3:::${bucket}`],
      Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } },
    },
    // An upload that was cut off is found by this; S3 knows no condition for it. It tells keys, which are ids.
    { Effect: 'Allow', Action: ['s3:ListBucketMultipartUploads'], Resource: [`arn:aws:s3:::${bucket}`] },
  ],
});

/** Short-lived credentials of the platform's own, cut down by the server itself to what is below the prefix. */
export function tenantCredentials(
  { accessKey, secretKey, bucket, region }: StorageConfig,
  { endpoint, roleArn }: NonNullable<StorageConfig['sts']>,
  tenant: { id: string; prefix: string },
): NonNullable<ClientOptions['credentialsProvider']> {
  const provider = new AssumeRoleProvider({
    stsEndpoint: endpoint,
    accessKey,
    secretKey,
    region,
    durationSeconds: lifetimeSeconds,
    roleSessionName: `tenant-${tenant.id}`,
    policy: JSON.stringify(policyOf(bucket, tenant.prefix)),
    ...(roleArn !== null && { roleArn }),
  });
  // One class, declared twice: its package has types for each way to load it, which do not know of each other.
  return provider as unknown as NonNullable<ClientOptions['credentialsProvider']>;
}
