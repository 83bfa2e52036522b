/** Says why a part is not ready; undefined when it is. Cheap: it is asked at every probe. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined

/** What `/health/ready` answers. */
export interface Readiness {
  readonly status: 'ready' | 'not-ready'
  /** `ok` or the reason, by part. */
  readonly checks: Readonly<Record<string, string>>
}

/** Asks every part. A check that throws is not ready. */
export async function checkReadiness(checks: Readonly<Record<string, HealthCheck>>): Promise<Readiness> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return [name, (await check()) ?? 'ok'] as const
      } catch (error) {
        return [name, error instanceof Error ? error.message : 'failed'] as const
      }
    }),
  )
  const ready = answers.every(([, answer]) => answer === 'ok')
  return { status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(answers) }
}
