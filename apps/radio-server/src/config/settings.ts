import { z } from 'zod';

/** One setting: where it may come from, what is allowed, and the words for both. */
interface Setting<T extends z.ZodType = z.ZodType> {
  readonly env: string;
  /** Command-line flag of `radio start`, without dashes. */
  readonly flag?: string;
  readonly schema: T;
  /** What is allowed, completing "use …". */
  readonly allowed: string;
  /** What it is for, in `radio start --help` and `radio config`. */
  readonly help: string;
  /** Printed as REDACTED, always. */
  readonly secret?: true;
}

function setting<T extends z.ZodType>(value: Setting<T>): Setting<T> {
  return value;
}

const text = z.string().trim().min(1);
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const port = whole(1, 65_535);
/** Without user, password, query: what is in an address ends up in pages and logs. */
const httpUrl = z.url({ protocol: /^https?$/ }).refine((text) => {
  if (!URL.canParse(text)) return false;
  const { username, password, search } = new URL(text);
  return `${username}${password}${search}` === '';
});
const toggle = z
  .union([z.boolean(), z.enum(['on', 'off', 'true', 'false', '1', '0'])])
  .transform((value) => value === true || value === 'on' || value === 'true' || value === '1');

/** When recordings are made. `on` and `off` in their spellings are the answers to the older question whether. */
const archiveMode = z
  .union([z.boolean(), z.enum(['always', 'live', 'on', 'off', 'true', 'false', '1', '0'])])
  .transform((value): 'always' | 'live' | 'off' => {
    if (value === 'live') return 'live';
    return value === false || value === 'off' || value === 'false' || value === '0' ? 'off' : 'always';
  });
/** Environment variables are text; in a configuration file a list is a list. */
function jsonIfText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/**
 * Every setting of the station. Flags win over the environment, the environment over `radio.config.{json,yaml}`,
 * and that over the defaults here.
 */
export const SETTINGS = {
  station: setting({
    env: 'RADIO_STATION',
    flag: 'station',
    schema: text.max(100).default('bucket-radio'),
    allowed: 'a name of 1 to 100 characters',
    help: 'name of the station',
  }),
  source: setting({
    env: 'RADIO_SOURCE',
    flag: 'source',
    schema: text.optional(),
    allowed:
      'demo, tone[:HZ[,DBFS]], ffmpeg:FILE-OR-URL, ffmpeg-loop:FILE-OR-PLAYLIST, ffmpeg-device:FORMAT:DEVICE, alsa[:PCM], pulse[:SOURCE], pipewire[:TARGET] or failover:SOURCE|SOURCE',
    help: 'what to capture: demo, tone[:HZ[,DBFS]], ffmpeg:FILE-OR-URL, ffmpeg-loop:FILE-OR-PLAYLIST, ffmpeg-device:FORMAT:DEVICE, alsa[:PCM], pulse[:SOURCE], pipewire[:TARGET], failover:SOURCE|SOURCE',
  }),
  captureDeviceName: setting({
    env: 'CAPTURE_DEVICE_NAME',
    schema: text.optional(),
    allowed: 'part of the name of a sound card, as `radio devices` lists them',
    help: 'capture from the sound card whose name contains this text',
  }),
  channels: setting({
    env: 'RADIO_CHANNELS',
    flag: 'channels',
    schema: z
      .string()
      .regex(/^[1-9]\d?,[1-9]\d?$/)
      .transform((value): [number, number] => [Number(value.split(',')[0]), Number(value.split(',')[1])])
      .optional(),
    allowed: 'two channel numbers from 1 to 99, such as 3,4',
    help: 'which channels of a sound card become left and right; default 1,2',
  }),
  fast: setting({
    env: 'RADIO_FAST',
    flag: 'fast',
    schema: toggle.default(false),
    allowed: 'on or off',
    help: 'read a file as fast as it can be encoded instead of in real time',
  }),
  segmentSeconds: setting({
    env: 'RADIO_SEGMENT_SECONDS',
    flag: 'segment-seconds',
    schema: whole(1, 10).default(10),
    allowed: 'a whole number from 1 to 10',
    help: 'length of a segment: shorter means less delay and more requests',
  }),
  windowSegments: setting({
    env: 'RADIO_WINDOW_SEGMENTS',
    flag: 'window-segments',
    schema: whole(3, 86_400).optional(),
    allowed: 'a whole number from 3 to 86400',
    help: 'segments listeners can read back; default 30 s worth, at least 3',
  }),
  deleteGraceSegments: setting({
    env: 'RADIO_DELETE_GRACE_SEGMENTS',
    schema: whole(0, 100).default(1),
    allowed: 'a whole number from 0 to 100',
    help: 'segments that pass before one that left the window is deleted',
  }),
  standby: setting({
    env: 'RADIO_STANDBY',
    flag: 'standby',
    schema: toggle.default(false),
    allowed: 'on or off',
    help: 'wait until the encoder on air falls silent, then take its place',
  }),
  spoolMaxBytes: setting({
    env: 'RADIO_SPOOL_MAX_BYTES',
    schema: whole(1, Number.MAX_SAFE_INTEGER).default(8 * 1024 ** 3),
    allowed: 'bytes, a whole number from 1',
    help: 'disk for segments that wait for the bucket; past it the oldest go',
  }),
  spoolMinFreeBytes: setting({
    env: 'RADIO_SPOOL_MIN_FREE_BYTES',
    schema: whole(0, Number.MAX_SAFE_INTEGER).default(1024 ** 3),
    allowed: 'bytes, a whole number from 0',
    help: 'disk the spool leaves free: recordings come first',
  }),
  nowPlayingFile: setting({
    env: 'RADIO_NOW_PLAYING_FILE',
    flag: 'now-playing-file',
    schema: text.optional(),
    allowed: 'a file that a player writes "Artist - Title" to, or JSON with title, artist and album',
    help: 'follow this file and tell listeners what it says is playing',
  }),
  prefix: setting({
    env: 'RADIO_PREFIX',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/)
      .default('live'),
    allowed: 'a path of letters, digits, "-" and "_", such as live',
    help: 'where in the bucket the station lives',
  }),
  archive: setting({
    env: 'RADIO_ARCHIVE',
    flag: 'archive',
    schema: archiveMode.default('always'),
    allowed: 'always, live or off',
    help: 'record as FLAC: always, only while segments reach the bucket, or never',
  }),
  recordingsDir: setting({
    env: 'RADIO_RECORDINGS_DIR',
    flag: 'recordings-dir',
    schema: text.default('./recordings'),
    allowed: 'a directory',
    help: 'where recordings go',
  }),
  archiveMinFreeBytes: setting({
    env: 'RADIO_ARCHIVE_MIN_FREE_BYTES',
    schema: whole(0, Number.MAX_SAFE_INTEGER).default(256 * 1024 ** 2),
    allowed: 'bytes, a whole number from 0',
    help: 'disk recordings leave free; below it recording stops until there is room',
  }),
  archiveWarnHours: setting({
    env: 'RADIO_ARCHIVE_WARN_HOURS',
    schema: z.coerce.number().min(0).max(8760).default(24),
    allowed: 'hours from 0 to 8760',
    help: 'warn when the disk has room for fewer hours of recording',
  }),
  archiveBucket: setting({
    env: 'RADIO_ARCHIVE_BUCKET',
    schema: z.string().min(3).max(63).optional(),
    allowed: 'the name of a private bucket, of 3 to 63 characters',
    help: 'private bucket that finished recordings are moved to; with the next three',
  }),
  archiveEndpoint: setting({
    env: 'RADIO_ARCHIVE_ENDPOINT',
    schema: httpUrl.optional(),
    allowed: 'the S3 API URL, such as https://ACCOUNT_ID.r2.cloudflarestorage.com',
    help: 'S3 endpoint of the archive bucket; default R2_ENDPOINT',
  }),
  archiveAccessKey: setting({
    env: 'RADIO_ARCHIVE_ACCESS_KEY',
    schema: text.optional(),
    allowed: 'the access key ID of an API token for the archive bucket',
    help: 'access key ID of the archive bucket',
    secret: true,
  }),
  archiveSecretKey: setting({
    env: 'RADIO_ARCHIVE_SECRET_KEY',
    schema: text.optional(),
    allowed: 'the secret access key of an API token for the archive bucket',
    help: 'secret access key of the archive bucket',
    secret: true,
  }),
  archivePublic: setting({
    env: 'RADIO_ARCHIVE_PUBLIC',
    schema: toggle.default(false),
    allowed: 'on or off',
    help: 'let recordings go to a bucket that anyone can read',
  }),
  archiveKeepHours: setting({
    env: 'RADIO_ARCHIVE_KEEP_HOURS',
    schema: z.coerce.number().min(0).max(876_000).optional(),
    allowed: 'hours from 0 to 876000',
    help: 'hours a recording stays here once it is in the archive bucket; default: until the disk is needed',
  }),
  dataDir: setting({
    env: 'RADIO_DATA_DIR',
    flag: 'data-dir',
    schema: text.default('./data'),
    allowed: 'a directory',
    help: 'where the embedded bucket lives',
  }),
  flacLevel: setting({
    env: 'RADIO_FLAC_LEVEL',
    schema: whole(0, 8).default(5),
    allowed: 'a whole number from 0 to 8',
    help: 'FLAC compression level',
  }),
  opusBitrate: setting({
    env: 'RADIO_OPUS_BITRATE',
    schema: whole(32_000, 510_000).default(128_000),
    allowed: 'bits per second from 32000 to 510000',
    help: 'bit rate of the lq rendition',
  }),
  encoderBackend: setting({
    env: 'RADIO_ENCODER_BACKEND',
    schema: z.enum(['auto', 'native', 'wasm']).default('auto'),
    allowed: 'auto, native or wasm',
    help: 'which encoders to use; auto takes native ones when they are built',
  }),
  host: setting({
    env: 'RADIO_HOST',
    schema: text.default('127.0.0.1'),
    allowed: 'an IP address or host name of this machine',
    help: 'address the embedded bucket and the listener site answer on',
  }),
  originPort: setting({
    env: 'RADIO_ORIGIN_PORT',
    schema: port.default(9000),
    allowed: 'a port from 1 to 65535',
    help: 'port of the embedded bucket',
  }),
  monitorPort: setting({
    env: 'RADIO_MONITOR_PORT',
    schema: port.default(8080),
    allowed: 'a port from 1 to 65535',
    help: 'port of the monitor',
  }),
  monitorHost: setting({
    env: 'RADIO_MONITOR_HOST',
    schema: text.default('127.0.0.1'),
    allowed: 'an IP address or host name of this machine',
    help: 'address of the monitor; anything but loopback needs RADIO_MONITOR_TOKEN',
  }),
  monitorToken: setting({
    env: 'RADIO_MONITOR_TOKEN',
    schema: z.string().min(16).max(200).optional(),
    allowed: 'a secret of 16 to 200 characters, such as `openssl rand -hex 24` prints',
    help: 'what a person or program must know to use the monitor',
    secret: true,
  }),
  uplinkMbps: setting({
    env: 'RADIO_UPLINK_MBPS',
    schema: z.coerce.number().positive().max(100_000).optional(),
    allowed: 'megabits per second, such as 10.68',
    help: 'upload speed of the line, for the headroom the monitor shows',
  }),
  silenceDbfs: setting({
    env: 'RADIO_SILENCE_DBFS',
    schema: z.coerce.number().min(-120).max(-20).default(-65),
    allowed: 'dBFS from -120 to -20',
    help: 'RMS below which the signal is silence',
  }),
  silenceSeconds: setting({
    env: 'RADIO_SILENCE_SECONDS',
    schema: whole(2, 3600).default(20),
    allowed: 'a whole number from 2 to 3600',
    help: 'seconds of silence until it is an alert',
  }),
  alertWebhook: setting({
    env: 'RADIO_ALERT_WEBHOOK',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    allowed: 'an http(s) URL',
    help: 'where alerts are posted, as JSON',
    secret: true,
  }),
  alertWebhookSecret: setting({
    env: 'RADIO_ALERT_WEBHOOK_SECRET',
    schema: z.string().min(16).max(200).optional(),
    allowed: 'a secret of 16 to 200 characters',
    help: 'signs what is posted, as Standard Webhooks do',
    secret: true,
  }),
  alertCommand: setting({
    env: 'RADIO_ALERT_COMMAND',
    schema: z.preprocess(jsonIfText, z.array(text).min(1)).optional(),
    allowed: 'a JSON array of program and arguments, such as ["/usr/local/bin/notify","radio"]',
    help: 'run for every alert, without a shell; the alert is JSON on standard input',
  }),
  sitePort: setting({
    env: 'PORT',
    schema: port.default(3000),
    allowed: 'a port from 1 to 65535',
    help: 'port of the listener site',
  }),
  r2Endpoint: setting({
    env: 'R2_ENDPOINT',
    schema: httpUrl.optional(),
    allowed: 'the S3 API URL, such as https://ACCOUNT_ID.r2.cloudflarestorage.com',
    help: 'S3 endpoint; with the next three it replaces the embedded bucket',
  }),
  r2Bucket: setting({
    env: 'R2_BUCKET',
    schema: z.string().min(3).max(63).optional(),
    allowed: 'a bucket name of 3 to 63 characters',
    help: 'bucket',
  }),
  r2AccessKey: setting({
    env: 'R2_ACCESS_KEY',
    schema: text.optional(),
    allowed: 'the access key ID of the API token',
    help: 'access key ID',
    secret: true,
  }),
  r2SecretKey: setting({
    env: 'R2_SECRET_KEY',
    schema: text.optional(),
    allowed: 'the secret access key of the API token',
    help: 'secret access key',
    secret: true,
  }),
  r2PublicUrl: setting({
    env: 'R2_PUBLIC_URL',
    schema: httpUrl.optional(),
    allowed: 'the http(s) URL at which the bucket is public',
    help: 'where listeners read the bucket',
  }),
  logLevel: setting({
    env: 'RADIO_LOG_LEVEL',
    flag: 'log-level',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    allowed: 'fatal, error, warn, info, debug, trace or silent',
    help: 'least important line to log',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** The station's configuration, validated. */
export type StationConfig = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** What `--print` and error messages need of any setting, without its type. */
export function describeSetting(name: SettingName): Omit<Setting, 'schema'> {
  return SETTINGS[name];
}

/** The values that must never be printed. */
export function secretsOf(config: StationConfig): string[] {
  const secret = SETTING_NAMES.filter((name) => describeSetting(name).secret === true);
  return secret.map((name) => config[name]).filter((value) => typeof value === 'string');
}
