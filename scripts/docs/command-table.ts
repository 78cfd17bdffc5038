/** What is known of a documented command: that it runs here, which test runs it, or why none does. */
export type CommandRule = { readonly match: RegExp } & (
  | { readonly run: { readonly exitCode?: number; readonly prints: RegExp } }
  | { readonly test: string; readonly proves: string }
  | { readonly not: string }
);

const DOCKER = 'needs a container engine; .github/workflows/images.yml runs it, scripts/containers.test.ts reads it';
const SERVICE =
  'changes the system: needs root and a systemd that is PID 1; scripts/units.integration.test.ts reads the units';
const ACCOUNT = 'needs an account at a provider';
const CARD = 'needs this very sound card, or file; the stations of other tests capture others';
const SETUP = 'is how this test came to run';

/** In this order; the first that fits counts. Every rule must fit a command, and every command a rule. */
export const COMMAND_RULES: readonly CommandRule[] = [
  { match: /^pnpm (bench|prove)$/, run: { prints: /usage: pnpm (bench|prove) NAME/ } },
  { match: /(COMMAND|NAME|…)$/, not: 'a pattern, not a command' },
  { match: /^npm start$/, test: 'scripts/supervise.integration.test.ts', proves: 'superviseStation' },
  { match: /^npm test$/, not: SETUP },
  { match: /^npm test -- [\w/-]+$/, not: SETUP },
  { match: /^(npm run setup:(services|native)|pnpm test|pnpm vitest run .*|pnpm install && pnpm start)$/, not: SETUP },
  { match: /^pnpm (check-types|lint|test:packages)$/, test: '.ci/run', proves: 'pnpm lint' },
  {
    match: /^pnpm (format|sizes|costs|coverage)$/,
    not: 'rewrites files of the repository; CI runs the checks beside them',
  },
  {
    match: /^pnpm bench (?!all\b)[\w-]+( --[\w-]+( \d+)?)*$/,
    not: 'measures for minutes, on a machine that must be quiet; a person runs it',
  },
  { match: /^pnpm (soak|bench all)/, not: 'takes minutes to hours; nightly.yml and a person run it' },
  { match: /^(pnpm changeset|npm audit signatures|npm install)$/, not: 'a release, or a project, of your own' },
  { match: /pack --pack-destination|^npm install \/tmp\/packages/, test: 'scripts/packages/pack.ts', proves: "'pack'" },
  { match: /^npm start -- --source (alsa|ffmpeg)/, not: CARD },
  { match: /^npm run radio -- devices$/, run: { prints: /demo|card|capture|PCM/i } },
  { match: /^npm run radio -- config$/, run: { prints: /RADIO_SOURCE/ } },
  { match: /^npm run radio -- cost/, run: { prints: /\$\d+\.\d\d a month/ } },
  { match: /^npm run radio -- archive list$/, run: { exitCode: 1, prints: /recording/ } },
  { match: /^pnpm radio verify/, test: 'apps/radio-server/src/cli/verify.integration.test.ts', proves: 'verify' },
  {
    match: /^npm run radio -- doctor( --json)?$/,
    test: 'apps/radio-server/src/doctor/doctor.test.ts',
    proves: 'doctor',
  },
  {
    match: /^npm run radio -- verify (http|BUCKET|\.\/data)/,
    test: 'apps/radio-server/src/cli/verify.integration.test.ts',
    proves: 'verify',
  },
  {
    match: /^npm run radio -- (start .*)?(now-playing|--now-playing-file)/,
    test: 'apps/radio-server/src/now-playing-file.test.ts',
    proves: 'now',
  },
  { match: /^npm run radio -- start \[/, not: 'a synopsis, not a command' },
  {
    match: /^npm run radio -- archive (verify|repair|cue|cut)/,
    test: 'apps/radio-server/src/archive-cut.integration.test.ts',
    proves: 'cut',
  },
  {
    match: /^npm run radio -- archive (upload|share)/,
    test: 'apps/radio-server/src/recordings/cold-storage.integration.test.ts',
    proves: 'upload',
  },
  {
    match: /^npm run radio -- (upload|copy|ls|sweep)|radio -- upload -/,
    test: 'apps/radio-server/src/cli/storage.test.ts',
    proves: 'upload',
  },
  { match: /^(RADIO_ARCHIVE_BUCKET|R2_ENDPOINT=\S+ R2_BUCKET)=?.*npm start/, not: ACCOUNT },
  {
    match: /^(R2_|CAPTURE_DEVICE_NAME)\w*=\S+$/,
    not: 'a file of settings; scripts/containers.test.ts checks the names',
  },
  { match: /^RADIO_MONITOR_HOST=/, test: 'apps/radio-server/src/monitor/server.test.ts', proves: 'token' },
  {
    match: /^node --conditions.*radio-client\/src\/main\.ts$/,
    test: 'scripts/supervise.mjs',
    proves: 'radio-client/src/main.ts',
  },
  { match: /turbo build/, not: 'CI builds everything before its tests' },
  {
    match: /^node apps\/radio-client\/dist\/main\.js$/,
    not: 'the file of a build; .github/workflows/images.yml runs it',
  },
  { match: /^deno serve/, test: 'apps/radio-client/src/runtimes.integration.test.ts', proves: 'deno' },
  { match: /wrangler/, not: ACCOUNT },
  { match: /^docker compose/, not: DOCKER },
  { match: /deploy --prod --legacy/, not: 'the Dockerfiles do the same; images.yml runs them' },
  { match: /^(useradd|install -D|cp systemd\/)/, not: SERVICE },
  { match: /^(timedatectl|chronyc)/, not: 'tells of the machine, not of this project' },
  {
    match: /example-object-store-basics start/,
    test: 'examples/object-store-basics/main.test.ts',
    proves: 'main.ts',
  },
  {
    match: /example-upload-large-file start/,
    test: 'examples/upload-large-file/main.integration.test.ts',
    proves: 'main.ts',
  },
  {
    match: /example-embed-player start/,
    test: 'packages/player/src/examples.browser.test.ts',
    proves: 'serve.ts',
  },
  { match: /^export S3_|test:s3/, not: `${ACCOUNT}, or a server that is left running; CI runs it on MinIO` },
  { match: /^pnpm prove/, not: 'a proof is a set of tests that runs with all others; scripts/prove.mjs only chooses' },
  { match: /ceph-rgw\.sh (start|stop)/, test: 'scripts/local-services.ts', proves: 'ceph-rgw.sh' },
  { match: /^(ffmpeg|mpv|cvlc) /, test: 'examples/listen/listen.integration.test.ts', proves: 'documented(' },
  {
    match: /^cp examples\/[\w-]+\/radio\.config\.yaml \.$/,
    test: 'scripts/docs/docs.test.ts',
    proves: 'radio.config.yaml',
  },
];
