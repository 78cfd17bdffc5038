import { SignatureV4 } from '@smithy/signature-v4';
import { WebCryptoSha256 } from '../src/sha256.ts';
import type { R2SigningConfig } from '../src/signing-config.ts';
import { UrlSigner } from '../src/url-signer.ts';

/** A bucket of a real S3 server, under the names that R2's configuration has. */
export function s3Bucket(bucketName: string, env: Readonly<Record<string, string | undefined>>): R2SigningConfig {
  return {
    accountId: 'not-used-with-an-endpoint',
    accessKeyId: env['S3_ACCESS_KEY'] ?? '',
    secretAccessKey: env['S3_SECRET_KEY'] ?? '',
    bucketName,
    endpoint: env['S3_ENDPOINT'] ?? '',
  };
}

/** Makes the bucket. Ceph knows no region `auto` here. */
export async function makeBucket({ endpoint = '', bucketName, ...credentials }: R2SigningConfig): Promise<void> {
  const { protocol, hostname, port, host } = new URL(endpoint);
  const signer = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 's3',
    sha256: WebCryptoSha256,
    uriEscapePath: false,
  });
  const path = `/${bucketName}`;
  const request = { method: 'PUT', protocol, hostname, port: Number(port), path, query: {}, headers: { host } };
  const { headers } = await signer.sign(request);
  const response = await fetch(`${endpoint}${path}`, { method: 'PUT', headers });
  if (!response.ok) throw new Error(`the bucket was not made: HTTP ${response.status} ${await response.text()}`);
}

export async function putText(config: R2SigningConfig, key: string, text: string): Promise<void> {
  const url = await new UrlSigner(config).sign('PUT', key, 3600);
  const response = await fetch(url, { method: 'PUT', body: text });
  if (!response.ok) throw new Error(`${key} was not put: HTTP ${response.status} ${await response.text()}`);
}
