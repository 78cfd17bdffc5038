import { describe, expect, it } from 'vitest';
import { bundlePlayer } from '../tools/bundle.ts';
import { measureSizes, SIZE_LIMITS_KB } from '../tools/sizes.ts';

describe('the bundle for pages', () => {
  it('is one file, a worklet, and files that few load: languages, tokens, decoders, HLS; free of node, zod and the AWS SDK', async () => {
    const { files, modules } = await bundlePlayer();
    const languages = ['ar', 'de', 'es', 'fr'].map((code) => `radio-player-${code}.js`);
    const seldom = ['chunk', 'fallback', 'hls-playback', 'hours', 'session', 'wasm-flac', 'wasm-opus'].map(
      (name) => `radio-player-${name}.js`,
    );
    const always = ['radio-player.js', 'worklet.js', 'THIRD-PARTY-NOTICES.txt'];
    expect([...files.keys()].sort()).toEqual([...languages, ...seldom, ...always].sort());
    expect(modules.filter((path) => /zod|aws-sdk|smithy|^node:|\.test\./.test(path))).toEqual([]);
    for (const [name, content] of files) {
      if (!name.endsWith('.js')) continue;
      expect(Buffer.from(content).toString(), name).not.toMatch(
        /\b(from|import) ?"(?!\.\/radio-player-)|require\(|"node:/,
      );
    }
    expect(Buffer.from(files.get('radio-player.js')!).toString()).toContain('./worklet.js');
  });

  it('says whose code is in it, with every license in full', async () => {
    const { files, packages } = await bundlePlayer();
    expect(packages.map(({ name, license }) => `${name} ${license}`)).toEqual([
      '@lit/reactive-element BSD-3-Clause',
      '@wasm-audio-decoders/common MIT',
      '@wasm-audio-decoders/flac MIT',
      'lit-element BSD-3-Clause',
      'lit-html BSD-3-Clause',
      'opus-decoder MIT',
      'simple-yenc MIT',
    ]);
    const notices = Buffer.from(files.get('THIRD-PARTY-NOTICES.txt')!).toString();
    for (const { name, version, license, text } of packages) {
      expect(notices).toContain(`${name} ${version}`);
      expect(notices).toContain(text);
      const [holder, grant] = license === 'MIT' ? [/Ethan Halsall/, /Permission is/] : [/Google LLC/, /Redistribution/];
      for (const words of [/Copyright/, holder, grant, /AS IS/]) expect(text, name).toMatch(words);
    }
    for (const words of [/libFLAC:\n.*Josh Coalson.*Xiph/s, /libopus:\n.*Skype.*Xiph/s]) expect(notices).toMatch(words);
    const script = Buffer.from(files.get('radio-player.js')!).toString();
    expect(script).toMatch(/^\/\*! @bucket-radio\/player \d+\.\d+\.\d+ \| MIT \| .*THIRD-PARTY-NOTICES\.txt \*\/\n/);
  });

  it('keeps its sizes', async () => {
    const sizes = await measureSizes();
    for (const [name, limit] of Object.entries(SIZE_LIMITS_KB)) {
      const size = sizes[name as keyof typeof SIZE_LIMITS_KB];
      expect(size, `${name}: ${size.toFixed(1)} KB gzip; the limit is ${limit}`).toBeLessThanOrEqual(limit);
    }
  });
});

describe('on a server', () => {
  it('importing the element and the engine does nothing and does not throw', async () => {
    const element = await import('./index.ts');
    const engine = await import('./engine/index.ts');
    expect(element.RadioPlayer.name).toBe('RadioPlayer');
    expect(engine.createRadioEngine).toBe(element.createRadioEngine);
  });
});
