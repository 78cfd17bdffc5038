/** About 45 packets of 128 kbit/s: they live and die with their segment. */
const SLAB_BYTES = 8192;

/**
 * Copies packets into memory shared by those that come after one another. An ArrayBuffer of its own would cost each
 * packet of 300 bytes as much again, fifty times a second, and the garbage collector its time.
 */
export function createPacketSlab(): (packet: Uint8Array) => Uint8Array {
  let slab = new Uint8Array(SLAB_BYTES);
  let used = 0;
  return (packet) => {
    if (used + packet.length > slab.length) {
      slab = new Uint8Array(SLAB_BYTES);
      used = 0;
    }
    slab.set(packet, used);
    used += packet.length;
    return slab.subarray(used - packet.length, used);
  };
}
