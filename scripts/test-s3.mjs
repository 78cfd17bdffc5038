// pnpm test:s3 --endpoint URL [--bucket NAME] [--provider P] [--region R]: the storage tests against a real account.
import { parseArgs } from 'node:util';
import { LaunchError, run, toolchainEnv } from './toolchain.mjs';

const USAGE = `usage: S3_ACCESS_KEY=… S3_SECRET_KEY=… pnpm test:s3 --endpoint URL [--bucket NAME] [--provider P] [--region R]

  --endpoint   the service's URL without the bucket, e.g. https://ACCOUNT.r2.cloudflarestorage.com
  --bucket     an existing bucket; everything happens below one prefix of it, which is emptied afterwards.
               Without one the tests make buckets of their own, and leave them empty: for development servers.
  --provider   aws, r2, minio, ceph or other; by default told from the endpoint
  --region     by default auto; AWS wants the bucket's own

The keys are read from the environment only: arguments are seen by everybody on the machine.`;

/** What runs: the contract and the adapter's own promises, then uploads of files and streams. */
const TESTS = [
  'packages/object-store-s3/src/s3.integration.test.ts',
  'packages/storage-proofs/src/uploader.integration',
];

try {
  const options = { endpoint: 'string', bucket: 'string', provider: 'string', region: 'string' };
  const { values } = parseArgs({
    options: Object.fromEntries(Object.entries(options).map(([name, type]) => [name, { type }])),
  });
  const { S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env;
  if (values.endpoint === undefined || S3_ACCESS_KEY === '' || S3_SECRET_KEY === '') throw new LaunchError(USAGE);
  const given = {
    S3_ENDPOINT: values.endpoint,
    S3_BUCKET: values.bucket,
    S3_PROVIDER: values.provider,
    S3_REGION: values.region,
  };
  const env = { ...toolchainEnv(), REQUIRE_SERVICES: '1' };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  process.exitCode = run('node', ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', ...TESTS], env);
} catch (error) {
  if (!(error instanceof LaunchError) && error.code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
  console.error(error instanceof LaunchError ? error.message : `${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
