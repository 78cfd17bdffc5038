import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundlePlayer } from '../tools/bundle.ts';

describe('the bundle for pages', () => {
  it('is two files without imports, free of node, zod and the AWS SDK, and small', async () => {
    const { files, modules } = await bundlePlayer();
    expect([...files.keys()].sort()).toEqual(['radio-player.js', 'worklet.js']);
    expect(modules.filter((path) => /zod|aws-sdk|smithy|^node:|\.test\./.test(path))).toEqual([]);
    const player = Buffer.from(files.get('radio-player.js')!);
    const worklet = Buffer.from(files.get('worklet.js')!);
    for (const file of [player, worklet]) expect(file.toString()).not.toMatch(/\bfrom"|\bimport"|require\(|"node:/);
    expect(player.toString()).toContain('./worklet.js');
    const gzipKb = { player: gzipSync(player).length / 1024, worklet: gzipSync(worklet).length / 1024 };
    expect(gzipKb.player).toBeLessThan(35);
    expect(gzipKb.worklet).toBeLessThan(1.5);
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
