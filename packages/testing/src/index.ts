export { AcceleratedClock } from './accelerated-clock.ts';
export { type BlockOptions, pcmBlocks } from './blocks.ts';
export { type LaunchChromiumOptions, launchChromium } from './chromium.ts';
export {
  type FaultyProxy,
  type FaultyProxyOptions,
  type ProxyChange,
  type ProxyFault,
  startFaultyProxy,
} from './faulty-proxy.ts';
export { launchFirefox } from './firefox.ts';
export { type MediaObject, type Mp4Box, type Mp4Sample, readBoxes, readMediaObject } from './mp4.ts';
export { playSignal } from './play-signal.ts';
export { proofMusic } from './proof-music.ts';
export {
  type Answer,
  type Received,
  type ScriptedServer,
  s3Error,
  startScriptedServer,
} from './scripted-server.ts';
export {
  chromiumPath,
  denoPath,
  findBinary,
  promtoolPath,
  type ServiceName,
  type ServiceStatus,
  serviceOrSkip,
} from './services.ts';
export { music, seededRandom, tone, whiteNoise } from './signals.ts';
export { type StandInArecord, writeStandInArecord } from './stand-in-arecord.ts';
export { type BucketView, StationListener } from './station-listener.ts';
export { MANIFEST_EPOCH, MANIFEST_NOW, manifestOf } from './station-manifest.ts';
export { VirtualClock } from './virtual-clock.ts';
