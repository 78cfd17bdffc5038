import { createRadioEngine } from '/radio-player.js';

/** Starts an engine and records what leaves its output node; `window.radio` is what the tests talk to. */
window.startRadio = async (options) => {
  const engine = createRadioEngine(options);
  const radio = { engine, events: [], blocks: [], positions: [] };
  window.radio = radio;
  engine.on('state', (state) => radio.events.push(`state ${state}`));
  engine.on('segment', (s) => radio.events.push(`segment ${s.index} ${s.rendition} ${s.verified ?? '-'}`));
  engine.on('error', (error) => radio.events.push(`error ${error.code}: ${error.message}`));
  engine.on('recovered', () => radio.events.push('recovered'));
  engine.on('stats', ({ stream, frame, contextFrame }) => {
    if (frame !== undefined) radio.positions.push({ stream, frame, contextFrame });
  });
  engine.play();
  // The output node exists when the worklet has been loaded.
  while (engine.outputNode === undefined) await new Promise((resolve) => requestAnimationFrame(resolve));
  const { context } = engine.outputNode;
  await context.audioWorklet.addModule('/recorder.js');
  const recorder = new AudioWorkletNode(context, 'recorder', {
    numberOfOutputs: 0,
    channelCount: 2,
    channelCountMode: 'explicit',
  });
  recorder.port.onmessage = ({ data }) => radio.blocks.push(data);
  engine.outputNode.connect(recorder);
};

/** Sends the recording to the test: Int32 triples (context frame, left, right), samples scaled by 2²³. */
window.sendRecording = async () => {
  const { blocks } = window.radio;
  const out = new Float64Array(blocks.length * 128 * 3);
  let i = 0;
  for (const { at, left, right } of blocks) {
    for (let n = 0; n < left.length; n++) {
      out[i++] = at + n;
      out[i++] = left[n] * 0x80_00_00;
      out[i++] = right[n] * 0x80_00_00;
    }
  }
  await fetch('/recording', { method: 'POST', body: out });
};
