import { spawnSync } from 'node:child_process';
import { serviceOrSkip } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { importNative, loadBackend, NativeMissing } from './backend.ts';
import { detectBackends } from './detect-backends.ts';

const loaders = (native: string | NativeMissing) => ({
  name: 'FLAC',
  native: () => Promise.resolve(native),
  wasm: () => Promise.resolve('compiled to WebAssembly'),
});

describe('choosing a backend', () => {
  it('takes the add-on when it loads', async () => {
    expect(await loadBackend('auto', loaders('add-on'))).toEqual({ backend: 'native', codec: 'add-on' });
  });

  it('takes WebAssembly when the add-on does not load, or when told to', async () => {
    const wasm = { backend: 'wasm', codec: 'compiled to WebAssembly' };
    expect(await loadBackend('auto', loaders(new NativeMissing('gone')))).toEqual(wasm);
    expect(await loadBackend('wasm', loaders('add-on'))).toEqual(wasm);
  });

  it('says what to do when the add-on is demanded and missing', async () => {
    await expect(loadBackend('native', loaders(new NativeMissing('gone')))).rejects.toMatchObject({
      code: 'backend-missing',
      cause: 'gone',
      message: expect.stringContaining('npm run setup:native'),
    });
  });

  it('turns a package that is not installed into a reason', async () => {
    expect(await importNative('no-such-codec')).toBeInstanceOf(NativeMissing);
  });

  it('detects what this machine has', async () => {
    const backend = serviceOrSkip('native').available ? 'native' : expect.stringMatching(/^(native|wasm)$/);
    expect(await detectBackends()).toEqual({ flac: backend, opus: backend });
  });

  it.skipIf(!serviceOrSkip('native').available)('finds the add-on whatever is on the command line', () => {
    const index = new URL('./index.ts', import.meta.url).href;
    const script = `const { detectBackends } = await import('${index}'); console.log(JSON.stringify(await detectBackends()));`;
    const options = ['--conditions=@bucket-radio/source', '--input-type=module', '-', '--directory', '/nowhere'];
    const { stdout, stderr } = spawnSync(process.execPath, options, { input: script, encoding: 'utf8' });
    expect({ stderr, found: JSON.parse(stdout) }).toEqual({ stderr: '', found: { flac: 'native', opus: 'native' } });
  });
});
