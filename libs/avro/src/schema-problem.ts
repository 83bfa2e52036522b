/** Something that the check refuses. */
export interface SchemaProblem {
  /**
   * - `invalid`: the file is no Avro record, or names no record of ours
   * - `release`: a released file is not what was released
   * - `compatibility`: the current schema and a release can't read each other
   * - `reader`: a team's schema can't read what is or was written
   * - `house`: a rule of ours, beyond Avro's
   */
  readonly rule: 'invalid' | 'release' | 'compatibility' | 'reader' | 'house'
  readonly record: string
  /** File in which it is mended, from the root of the repository. */
  readonly path: string
  /** Dotted, e.g. `message.media.url`, where it is about one field. */
  readonly field?: string
  readonly team?: string
  /** What is wrong, for whom, and what to do. */
  readonly message: string
}
