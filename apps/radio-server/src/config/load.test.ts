import { expect, it } from 'vitest';
import { ConfigError, type ConfigSources, printConfig, resolveConfig } from './load.ts';

function problemsOf(sources: ConfigSources): readonly string[] {
  try {
    resolveConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const R2 = {
  R2_ENDPOINT: 'https://account.r2.cloudflarestorage.com',
  R2_BUCKET: 'my-radio',
  R2_ACCESS_KEY: 'key-id-4711',
  R2_SECRET_KEY: 'very-secret-4711',
};

it('has defaults for everything a newcomer needs', () => {
  expect(resolveConfig({})).toMatchObject({
    station: 'bucket-radio',
    segmentSeconds: 10,
    host: '127.0.0.1',
    originPort: 9000,
    monitorPort: 8080,
    sitePort: 3000,
    archive: 'always',
    prefix: 'live',
  });
});

it('lets flags win over the environment, and that over the file', () => {
  const file = { name: 'radio.config.yaml', values: { segmentSeconds: 2, station: 'File', opusBitrate: 96_000 } };
  const env = { RADIO_SEGMENT_SECONDS: '4', RADIO_STATION: 'Environment' };
  expect(resolveConfig({ file, env, flags: { segmentSeconds: '6' } })).toMatchObject({
    segmentSeconds: 6,
    station: 'Environment',
    opusBitrate: 96_000,
  });
});

it('takes an empty variable as not set', () => {
  expect(resolveConfig({ env: { RADIO_SEGMENT_SECONDS: '', R2_ENDPOINT: ' ' } })).toMatchObject({ segmentSeconds: 10 });
});

it('names every wrong value, where it was written, and what is allowed', () => {
  expect(
    problemsOf({
      flags: { segmentSeconds: '2.5' },
      env: { PORT: 'http', R2_ENDPOINT: 'r2.example.com' },
      file: { name: 'radio.config.json', values: { archive: 'maybe', segmentLength: 3 } },
    }),
  ).toEqual([
    '--segment-seconds is "2.5": use a whole number from 1 to 10',
    'archive in radio.config.json is "maybe": use always, live or off',
    'PORT is "http": use a port from 1 to 65535',
    'R2_ENDPOINT is "r2.example.com": use the S3 API URL, such as https://ACCOUNT_ID.r2.cloudflarestorage.com',
    'segmentLength in radio.config.json is not a setting: see `radio config`',
  ]);
});

it('asks for the rest of an incomplete bucket', () => {
  const { R2_SECRET_KEY: _, ...incomplete } = R2;
  expect(problemsOf({ env: incomplete })).toEqual([
    'R2_SECRET_KEY is missing: set it to the secret access key of the API token, or unset the other R2_ variables to use the embedded bucket',
  ]);
  expect(problemsOf({ env: R2 })).toEqual([]);
});

const ARCHIVE = {
  RADIO_ARCHIVE_BUCKET: 'my-recordings',
  RADIO_ARCHIVE_ACCESS_KEY: 'archive-id-4711',
  RADIO_ARCHIVE_SECRET_KEY: 'archive-secret-4711',
};

it('knows when to record, in new words and old', () => {
  const modes = ['always', 'live', 'off', 'on', 'true', '0'].map(
    (RADIO_ARCHIVE) => resolveConfig({ env: { RADIO_ARCHIVE } }).archive,
  );
  expect(modes).toEqual(['always', 'live', 'off', 'always', 'always', 'off']);
  expect(resolveConfig({ flags: { archive: true } }).archive).toBe('always');
});

it('asks for the rest of an incomplete archive bucket, whose credentials are its own', () => {
  const { RADIO_ARCHIVE_SECRET_KEY: _, ...incomplete } = ARCHIVE;
  expect(problemsOf({ env: { ...R2, ...incomplete } })).toEqual([
    'RADIO_ARCHIVE_SECRET_KEY is missing: set it to the secret access key of an API token for the archive bucket, or unset the other RADIO_ARCHIVE_ variables to keep recordings here',
  ]);
  expect(problemsOf({ env: { ...R2, ...ARCHIVE } })).toEqual([]);
  expect(problemsOf({ env: ARCHIVE })).toEqual(['RADIO_ARCHIVE_ENDPOINT is missing: set it to the S3 API URL']);
});

it('refuses to put recordings where listeners read, unless told to', () => {
  const same = { ...R2, ...ARCHIVE, RADIO_ARCHIVE_BUCKET: R2.R2_BUCKET };
  const respelt = { ...same, RADIO_ARCHIVE_ENDPOINT: `${R2.R2_ENDPOINT.replace('account', 'ACCOUNT')}:443/` };
  for (const env of [same, respelt]) {
    expect(problemsOf({ env })).toEqual([
      expect.stringMatching(/^RADIO_ARCHIVE_BUCKET is "my-radio", the bucket that/),
    ]);
    expect(problemsOf({ env: { ...env, RADIO_ARCHIVE_PUBLIC: 'on' } })).toEqual([]);
  }
  expect(problemsOf({ env: { ...same, RADIO_ARCHIVE_ENDPOINT: 'https://elsewhere.example' } })).toEqual([]);
});

it('hides what is secret in a URL', () => {
  const printed = printConfig(
    resolveConfig({ flags: { source: 'ffmpeg:https://user:hunter2@host/s.flac?token=abc' } }),
  );
  expect(printed).toContain('ffmpeg:https://REDACTED@host/s.flac?REDACTED');
  const refused = problemsOf({ env: { R2_PUBLIC_URL: 'https://user:hunter2@cdn.example/' } });
  expect(refused).toEqual([
    'R2_PUBLIC_URL is "https://REDACTED@cdn.example/": use the http(s) URL at which the bucket is public',
  ]);
});

it('never prints a secret', () => {
  const printed = printConfig(resolveConfig({ env: { ...R2, ...ARCHIVE } }));
  expect(printed).toContain('RADIO_ARCHIVE_ACCESS_KEY=REDACTED');
  expect(printed).toContain('R2_SECRET_KEY=REDACTED');
  expect(printed).toContain('R2_BUCKET="my-radio"');
  const wrong = problemsOf({ file: { name: 'f', values: { r2SecretKey: ['very-secret-4711'] } } }).join();
  expect(`${printed}${wrong}`).not.toContain('4711');
  expect(wrong).toContain('r2SecretKey in f is REDACTED');
});
