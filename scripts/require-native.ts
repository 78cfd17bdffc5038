// Prints the encoders the station would use, and fails unless both are native.
import { detectBackends } from '../packages/encoders/src/index.ts';

const { flac, opus } = await detectBackends();
console.log(`flac: ${flac}, opus: ${opus}`);
if (flac !== 'native' || opus !== 'native') {
  console.error('the native encoders are not built: npm run setup:native');
  process.exitCode = 1;
}
