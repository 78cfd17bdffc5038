import { CloudflareClientError } from './error.ts';
import { R2SigningClient } from './r2-signing-client.ts';

const VARIABLES = ['R2_ACCOUNT_ID', 'R2_ACCESS_KEY_ID', 'R2_SECRET_ACCESS_KEY', 'R2_BUCKET_MEDIA'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A signing client from `R2_ACCOUNT_ID`, `R2_ACCESS_KEY_ID`, `R2_SECRET_ACCESS_KEY` and `R2_BUCKET_MEDIA`; and, where it
 * is set, `R2_SIGNING_ENDPOINT`.
 * @param env default `process.env`
 * @throws CloudflareClientError `MissingEnvironment` that names every variable that is not set
 */
export function createR2SigningClientFromEnv(env: Environment = processEnvironment()): R2SigningClient {
  const missing = VARIABLES.filter((name) => (env[name] ?? '').trim() === '');
  if (missing.length > 0) {
    throw new CloudflareClientError(
      'MissingEnvironment',
      `Missing R2 environment variables: ${missing.join(', ')}; set them to the account's ID, an R2 API token's keys and the bucket's name`,
    );
  }
  const value = (name: (typeof VARIABLES)[number]): string => env[name] ?? '';
  const endpoint = env['R2_SIGNING_ENDPOINT'];
  return new R2SigningClient({
    accountId: value('R2_ACCOUNT_ID'),
    accessKeyId: value('R2_ACCESS_KEY_ID'),
    secretAccessKey: value('R2_SECRET_ACCESS_KEY'),
    bucketName: value('R2_BUCKET_MEDIA'),
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
  });
}

/** Without naming `process`, which Workers have only on request. */
function processEnvironment(): Environment {
  const { process } = globalThis as { readonly process?: { readonly env?: Environment } };
  return process?.env ?? {};
}
