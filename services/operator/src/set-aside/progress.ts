/** Something that takes longer says how far it is, this often, ms. */
const EVERY_MS = 2_000

/** Runs something slow; says on `err` what it is at, every two seconds. */
export async function withProgress<T>(
  err: (text: string) => void,
  run: (say: (at: string) => void) => Promise<T>,
): Promise<T> {
  let at = 'connecting'
  const timer = setInterval(() => err(`${at} …\n`), EVERY_MS)
  try {
    return await run((next) => {
      at = next
    })
  } finally {
    clearInterval(timer)
  }
}
