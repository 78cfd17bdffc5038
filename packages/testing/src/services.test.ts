import { afterEach, describe, expect, it, vi } from 'vitest';

/** A fresh copy of the module: it remembers what it has found. */
async function freshServices(): Promise<typeof import('./services.ts')> {
  vi.resetModules();
  return import('./services.ts');
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('serviceOrSkip', () => {
  it('finds a program on PATH', async () => {
    vi.stubEnv('CHROMIUM_PATH', process.execPath);
    const { serviceOrSkip } = await freshServices();
    expect(serviceOrSkip('chromium')).toEqual({ available: true, reason: process.execPath });
  });

  it('prints the reason for a skip once', async () => {
    vi.stubEnv('REQUIRE_SERVICES', '');
    vi.stubEnv('S3_ENDPOINT', '');
    vi.stubEnv('S3_ACCESS_KEY', 'key');
    vi.stubEnv('S3_SECRET_KEY', 'secret');
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { serviceOrSkip } = await freshServices();
    expect(serviceOrSkip('s3').available).toBe(false);
    expect(serviceOrSkip('s3').reason).toContain('S3_ENDPOINT not set');
    expect(write).toHaveBeenCalledTimes(1);
    expect(write.mock.calls[0]?.[0]).toMatch(/^\[skip\] s3: S3_ENDPOINT not set; start a server with: /);
  });

  it('throws instead of skipping when services are required', async () => {
    vi.stubEnv('REQUIRE_SERVICES', '1');
    vi.stubEnv('PATH', '/nonexistent');
    const { serviceOrSkip } = await freshServices();
    expect(() => serviceOrSkip('mpv')).toThrow('REQUIRE_SERVICES=1, but "mpv" is missing: mpv is not on PATH');
  });
});
