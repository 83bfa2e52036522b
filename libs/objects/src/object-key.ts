const OBJECT_KEY = /^sha256\/([0-9a-f]{2})\/([0-9a-f]{2})\/\1\2[0-9a-f]{60}$/

/** The key of bytes with this hash. The two levels keep directories small: 65,536 of them. */
export function toObjectKey(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`
}

/**
 * Accepts nothing but what `toObjectKey` makes, so that no key can leave the store's directory.
 * @throws {TypeError}
 */
export function parseObjectKey(objectKey: string): string {
  if (!OBJECT_KEY.test(objectKey)) throw new TypeError('not an object key')
  return objectKey
}
