/** The seed of this run; `npm run faults` prints it. */
export const faultSeed = Number(process.env.FAULT_SEED ?? '1')

/** Whether the run may take longer: `npm run faults -- --long`. */
export const isLongRun = process.env.FAULT_LONG === '1'

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
