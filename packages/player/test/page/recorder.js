/** Hands on everything that passes: 128 frames of two channels at a time, with the context's frame counter. */
class Recorder extends AudioWorkletProcessor {
  process([input]) {
    if (input.length === 2)
      this.port.postMessage({ at: currentFrame, left: input[0].slice(), right: input[1].slice() });
    return true;
  }
}
registerProcessor('recorder', Recorder);
