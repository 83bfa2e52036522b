import type { RecordName } from './catalog.ts'
import { describeFields } from './describe-fields.ts'
import { loadSchema } from './load-schema.ts'

/**
 * Paths of the fields that hold personal data, by the schema's own marks; dotted, e.g. `text`, `media.url`.
 *
 * Ids of Bird's and contact keys are not marked: they are pseudonyms, which logs and metrics may hold. A team that can
 * join them with a person's name must treat them as personal data too.
 */
export function personalFieldsOf(record: RecordName): readonly string[] {
  return describeFields(loadSchema(record)).flatMap(({ path, field }) => (field.personal === true ? [path] : []))
}
