import type { StationConfig } from './config/settings.ts';
import type { StationStatus } from './status.ts';
import { EMBEDDED_BUCKET } from './store.ts';

/** Where this station is heard, seen from this machine. */
export function stationLinks(config: StationConfig): StationStatus['links'] {
  const bucket = (config.r2PublicUrl ?? publicBucketUrl(config)).replace(/\/+$/, '');
  const live = `${bucket}/${config.prefix}`;
  return {
    site: `http://localhost:${config.sitePort}`,
    manifest: `${live}/manifest.json`,
    hls: `${live}/index.m3u8`,
  };
}

function publicBucketUrl({ r2Endpoint, r2Bucket, originPort }: StationConfig): string {
  // Without a public URL a bucket is read where it is written, path-style; whether anyone may is the bucket's affair.
  if (r2Endpoint !== undefined) return `${r2Endpoint.replace(/\/+$/, '')}/${r2Bucket}`;
  return `http://localhost:${originPort}/${EMBEDDED_BUCKET}`;
}

/** Where the monitor answers, seen from this machine. */
export function monitorUrl({ monitorHost, monitorPort }: Pick<StationConfig, 'monitorHost' | 'monitorPort'>): string {
  const host = monitorHost === '0.0.0.0' || monitorHost === '::' ? '127.0.0.1' : monitorHost;
  return `http://${host.includes(':') ? `[${host}]` : host}:${monitorPort}`;
}
