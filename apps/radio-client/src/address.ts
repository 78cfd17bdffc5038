import type { SiteConfig } from './config.ts';

/** Name of the bucket that a station without cloud storage serves itself. */
const EMBEDDED_BUCKET = 'radio';

/** Where a station is read. */
export interface StationAddress {
  readonly manifest: string;
  readonly hls: string;
  /** Scheme, host and port, for the Content-Security-Policy. */
  readonly origin: string;
}

type AddressConfig = Pick<SiteConfig, 'publicUrl' | 'endpoint' | 'bucket' | 'originPort' | 'prefix' | 'host'>;

/** What a host name may look like before it is put into a header or a page. */
const HOST_NAME = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])$/i;

/**
 * The station as a listener reaches it: the public bucket, else the embedded one, which is on the same machine as this
 * site: the host name of the request and the origin's port. `undefined` for a host name that is not one.
 */
export function addressForListener(config: AddressConfig, requestHost: string): StationAddress | undefined {
  if (!HOST_NAME.test(requestHost)) return undefined;
  return address(config, requestHost);
}

/** The station as this process reaches it. Never by the host name of a request: that would let anyone choose it. */
export function addressForServer(config: AddressConfig): StationAddress {
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = everywhere ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return address(config, host);
}

function address({ publicUrl, endpoint, bucket, originPort, prefix }: AddressConfig, host: string): StationAddress {
  const written = endpoint === undefined || bucket === undefined ? undefined : `${trimmed(endpoint)}/${bucket}`;
  const root = trimmed(publicUrl ?? written ?? `http://${host}:${originPort}/${EMBEDDED_BUCKET}`);
  const live = `${root}/${prefix}`;
  return { manifest: `${live}/manifest.json`, hls: `${live}/index.m3u8`, origin: new URL(root).origin };
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
