/**
 * Makes a sleep of 2.5 ms on the average, for calls that carry keys.
 *
 * Node's timers cut fractions off and so can't sleep 2.5 ms; calls of one key take 2 and 3 ms by turns. By key, since
 * with turns among all calls one key of an even number would always get the short ones.
 */
export function createSleep(): (key: string) => Promise<true> {
  const long = new Map<string, boolean>()
  return (key) => {
    const turn = long.get(key) ?? false
    long.set(key, !turn)
    return new Promise((resolve) => setTimeout(resolve, turn ? 3 : 2, true))
  }
}
