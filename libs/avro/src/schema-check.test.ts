import { loadSchemaFiles } from '@murmuration/schemas'
import { describe, expect, it } from 'vitest'
import { checkSchemas } from './schema-check.ts'
import { type FieldJson, schemaFiles, schemaText } from './testing/schema-files.ts'

const id: FieldJson = { name: 'id', type: 'string' }
const text: FieldJson = { name: 'text', type: 'string' }
const optionalText: FieldJson = { name: 'text', type: ['null', 'string'], default: null }
const at = (logicalType: string): FieldJson => ({ name: 'at', type: { type: 'long', logicalType } })
const media = (...fields: readonly FieldJson[]): FieldJson => ({
  name: 'media',
  type: { type: 'array', items: { type: 'record', name: 'Media', doc: 'A file.', fields } },
  default: [],
})
const url: FieldJson = { name: 'url', type: 'string', doc: 'Where.' }
const kind = (...symbols: readonly string[]): FieldJson => ({
  name: 'kind',
  type: { type: 'enum', name: 'Kind', symbols },
})

/** A fixture per row: releases, oldest first, then the current schema. */
type Change = readonly [
  what: string,
  releases: readonly (readonly FieldJson[])[],
  current: readonly FieldJson[],
  says: readonly string[],
]

function messagesOf(files: Parameters<typeof schemaFiles>[0]): readonly string[] {
  return checkSchemas(schemaFiles(files)).problems.map(({ message }) => message)
}

function change(releases: readonly (readonly FieldJson[])[], current: readonly FieldJson[]) {
  return { releases: releases.map((fields) => schemaText(fields)), current: schemaText(current) }
}

describe('checkSchemas: a change to a released schema', () => {
  const fine: readonly Change[] = [
    ['a new field with a default', [[id]], [id, optionalText], []],
    ['a field with a default that goes', [[id, optionalText]], [id], []],
    ['fields in another order', [[id, text]], [text, id], []],
    ['another doc', [[id]], [{ ...id, doc: 'Who.' }], []],
    [
      'a new field of a nested record, with a default',
      [[id, media(url)]],
      [id, media(url, { ...optionalText, doc: 'Alt.' })],
      [],
    ],
    ['a field that got a default', [[id, text]], [id, { ...text, default: '' }], []],
  ]
  it.each(fine)('allows %s', (_, releases, current) => {
    expect(messagesOf(change(releases, current))).toEqual([])
  })

  const breaking: readonly Change[] = [
    [
      'a field that readers need and that goes',
      [[id], [id, text]],
      [id],
      [
        'message.text was removed, and readers of release 2 need it: it has no default there. Put it back. A released field without a default stays until the topic gets a new generation.',
      ],
    ],
    [
      'a new field without a default',
      [[id], [id, optionalText]],
      [id, optionalText, { name: 'locale', type: 'string' }],
      ['message.locale has no default, and records of releases 1 and 2 do not have the field. Give it a default.'],
    ],
    [
      'another type',
      [[id, text]],
      [id, { name: 'text', type: 'int' }],
      [
        "message.text was string and is int: records of release 1 can't be read any more, and readers of release 1 can't read new records. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'bytes for a text, which Avro itself lets pass in both directions',
      [[id, text]],
      [id, { name: 'text', type: 'bytes' }],
      [
        "message.text was string and is bytes: records of release 1 can't be read any more, and readers of release 1 can't read new records. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'a wider type, which old readers can not take',
      [[id, { name: 'size', type: 'int' }]],
      [id, { name: 'size', type: 'long' }],
      [
        "message.size was int and is long: readers of release 1 can't read new records. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'null where readers take only text',
      [[id, { ...text, default: '' }]],
      [id, { name: 'text', type: ['string', 'null'], default: '' }],
      [
        "message.text was string and is string or null: readers of release 1 can't read new records where it is null. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'null no longer taken, where records have it',
      [[id, optionalText]],
      [id, text],
      [
        "message.text was null or string and is string: records of release 1 can't be read any more where it is null. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'another unit under the same type, which Avro itself lets pass',
      [[at('timestamp-millis')]],
      [at('timestamp-micros')],
      [
        "message.at was long (timestamp-millis) and is long (timestamp-micros): records of release 1 can't be read any more, and readers of release 1 can't read new records. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'a unit that is no longer told',
      [[at('timestamp-millis')]],
      [{ name: 'at', type: 'long' }],
      [
        "message.at was long (timestamp-millis) and is long: readers of release 1 can't read new records. Put the type back, and give the new one a field of its own, with a default.",
      ],
    ],
    [
      'a field of a nested record',
      [[id, media(url)]],
      [id, media({ ...url, name: 'href', default: '' })],
      [
        'message.media.url was removed, and readers of release 1 need it: it has no default there. Put it back. A released field without a default stays until the topic gets a new generation.',
      ],
    ],
    [
      'a rename by alias, which old readers do not know of',
      [[id, text]],
      [id, { name: 'body', aliases: ['text'], type: 'string' }],
      [
        'message.text was removed, and readers of release 1 need it: it has no default there. Put it back. A released field without a default stays until the topic gets a new generation.',
      ],
    ],
    [
      'an enum with other symbols',
      [[kind('A', 'B')]],
      [kind('B', 'C')],
      [
        'message.kind is an enum, and a new symbol would break every reader. Make it a string and list what it may hold under "values".',
        "message.kind lost symbols (A): records of release 1 can't be read any more. Put them back.",
        "message.kind gained symbols (C): readers of release 1 can't read new records. Take them back, and put them into a new field that is a string.",
      ],
    ],
    [
      'two fields made one by aliases',
      [[id, text, { ...text, name: 'body' }]],
      [id, { ...text, aliases: ['body'] }, { ...text, name: 'body' }],
      ['message.text has aliases that match more than one field of release 1: text, body. Keep one of them.'],
    ],
  ]
  it.each(breaking)('refuses %s, and says what to do', (_, releases, current, says) => {
    expect(messagesOf(change(releases, current))).toEqual(says)
  })

  it('names a record of another name as such, not as a missing type', () => {
    const other = schemaText([id], 'io.murmuration.v1.Note')
    expect(messagesOf({ releases: [schemaText([id])], current: other })).toEqual([
      "message was record io.murmuration.v1.Message and is record io.murmuration.v1.Note: records of release 1 can't be read any more, and readers of release 1 can't read new records. Put the name back: readers find a record by it.",
    ])
  })

  it('tells every problem at once, of every release in one sentence', () => {
    const releases = [
      [id, text],
      [id, text, optionalField('a')],
      [id, text, optionalField('b')],
    ]
    const says = messagesOf(
      change(releases, [
        { name: 'id', type: 'bytes' },
        { name: 'locale', type: 'string' },
      ]),
    )
    expect(says).toHaveLength(3)
    expect(says.join()).toMatch(
      /message.id .* releases 1, 2 and 3 [\s\S]*message.locale .* records of releases 1, 2 and 3 [\s\S]*message.text .* releases 1, 2 and 3 /,
    )
  })
})

function optionalField(name: string): FieldJson {
  return { ...optionalText, name }
}

describe("checkSchemas: a team's schema", () => {
  const base = schemaText([id, optionalText])
  const reading = (...fields: readonly FieldJson[]) => ({ analytics: schemaText(fields) })

  it.each([
    ['fewer fields', [id]],
    ['a field of its own, with a default', [id, { name: 'score', type: 'double', default: 0 }]],
    [
      'a field under a name of its own',
      [id, { name: 'body', aliases: ['text'], type: ['null', 'string'], default: null }],
    ],
    ['a time as the bare number', [{ name: 'at', type: 'long' }]],
  ])('may have %s', (_, fields) => {
    const written = schemaText([id, optionalText, at('timestamp-millis')])
    expect(messagesOf({ releases: [written], current: written, readers: reading(...fields) })).toEqual([])
  })

  it('is told when a time has another unit than it thinks', () => {
    const written = schemaText([id, at('timestamp-millis')])
    expect(messagesOf({ releases: [], current: written, readers: reading(at('timestamp-micros')) })).toEqual([
      'message.at is long (timestamp-millis) in the current schema, and team analytics reads it as long (timestamp-micros) (schemas/readers/analytics/message.avsc). Take the change back, or agree with the team that it reads long (timestamp-millis) first.',
    ])
  })

  it('is broken by a change that breaks no release, and the message names team, record and field', () => {
    const files = {
      releases: [base],
      current: schemaText([id]),
      readers: reading(id, { name: 'text', type: ['null', 'string'] }),
    }
    const [problem, ...others] = checkSchemas(schemaFiles(files)).problems
    expect(others).toEqual([])
    expect(problem).toEqual({
      rule: 'reader',
      record: 'message',
      team: 'analytics',
      field: 'message.text',
      path: 'schemas/readers/analytics/message.avsc',
      message:
        'Team analytics reads message.text and gives it no default (schemas/readers/analytics/message.avsc), but records of the current schema do not have the field. Put the field back, or agree with the team that it gives its field a default.',
    })
  })

  it('is told to change where it can not read what was written before', () => {
    const files = {
      releases: [schemaText([id])],
      current: base,
      readers: reading(id, { name: 'text', type: ['null', 'string'] }),
    }
    expect(messagesOf(files)).toEqual([
      'Team analytics reads message.text and gives it no default (schemas/readers/analytics/message.avsc), but records of release 1 do not have the field. Give it a default in that file, or leave it out.',
    ])
  })

  it('is told the type, and which part of it, that it does not take', () => {
    expect(messagesOf({ releases: [base], current: base, readers: reading(id, text) })).toEqual([
      "message.text is null or string in the current schema and release 1, and team analytics reads it as string, which can't be null (schemas/readers/analytics/message.avsc). Read it as null or string in that file.",
    ])
  })

  it('is told the name that its record must have', () => {
    const readers = { analytics: schemaText([id], 'com.example.Message') }
    expect(messagesOf({ releases: [base], current: base, readers })).toEqual([
      'message is record io.murmuration.v1.Message in the current schema and release 1, and team analytics reads it as record com.example.Message (schemas/readers/analytics/message.avsc). Read it as record io.murmuration.v1.Message in that file.',
    ])
  })

  it('must be named after a record', () => {
    const files = schemaFiles({ releases: [base], current: base, readers: reading(id) })
    const stray = files.readers.map((file) => ({
      ...file,
      record: 'mesage',
      path: 'schemas/readers/analytics/mesage.avsc',
    }))
    expect(checkSchemas({ ...files, readers: stray }).problems.map(({ message }) => message)).toEqual([
      'schemas/readers/analytics/mesage.avsc of team analytics names no record of ours. Name the file after one: message.',
    ])
  })
})

describe('checkSchemas: a file among those of teams', () => {
  it('is refused where it names no team and record, since nothing would be checked', () => {
    const base = schemaText([id])
    const files = { ...schemaFiles({ releases: [base], current: base }), strays: ['schemas/readers/bi/message.json'] }
    expect(checkSchemas(files).problems.map(({ message }) => message)).toEqual([
      'schemas/readers/bi/message.json is not <team>/<record>.avsc, so nothing in it is protected. Move or rename it.',
    ])
  })
})

describe('checkSchemas: a release', () => {
  const one = schemaText([id])
  const two = schemaText([id, optionalText])
  const files = schemaFiles({ releases: [one, two], current: two })

  it('may be laid out anew, but not edited, not even in its docs', () => {
    const laidOut = {
      ...files,
      released: files.released.map((file) => ({ ...file, text: JSON.stringify(JSON.parse(file.text)) })),
    }
    expect(checkSchemas(laidOut).problems).toEqual([])
    const edited = files.released.map((file) =>
      file.release === 1 ? { ...file, text: file.text.replace('What it is', 'What it was') } : file,
    )
    expect(checkSchemas({ ...files, released: edited }).problems.map(({ message }) => message)).toEqual([
      'schemas/message/released/1.avsc was edited after its release. Restore it (git checkout -- schemas/message/released/1.avsc); changes go into schemas/message/v1.avsc.',
    ])
  })

  it('may not be removed', () => {
    const removed = { ...files, released: files.released.slice(1) }
    expect(checkSchemas(removed).problems.map(({ message }) => message)).toEqual([
      'schemas/message/released/1.avsc is gone: a release stays for ever, since records and readers of it do. Restore it: git checkout -- schemas/message/released/1.avsc',
    ])
  })

  it('may not be made by hand', () => {
    const lock = { message: { 1: files.lock.message?.['1'] ?? '' } }
    expect(checkSchemas({ ...files, lock }).problems.map(({ message }) => message)).toEqual([
      'schemas/message/released/2.avsc is not in schemas/released.lock.json: nobody released it. Take the file away, or restore the lock where a merge lost its line; `murmur schemas release` makes releases.',
    ])
  })

  it('is told to be unproven, once, where the lock itself is gone: nobody should take the releases away then', () => {
    expect(checkSchemas({ ...files, lock: {} }).problems.map(({ message }) => message)).toEqual([
      'schemas/released.lock.json is gone or empty, so nothing proves that releases are what they were. Restore it: git checkout -- schemas/released.lock.json',
    ])
  })

  it('is still to come where the current schema says something else, and that is no problem', () => {
    expect(checkSchemas(files)).toEqual({ problems: [], unreleased: [], dropped: [] })
    expect(checkSchemas(schemaFiles({ releases: [one], current: two }))).toEqual({
      problems: [],
      unreleased: ['message'],
      dropped: [],
    })
  })

  it('tells which fields the next one takes away, since a rename passes Avro as a loss that nobody sees', () => {
    const old = schemaText([id, optionalText, media(url, { ...optionalText, doc: 'Alt.' })])
    const current = schemaText([id, { ...optionalText, name: 'body' }, media(url)])
    expect(checkSchemas(schemaFiles({ releases: [old], current })).dropped).toEqual([
      'message.text',
      'message.media.text',
    ])
    const bare = schemaText([id, optionalText])
    expect(checkSchemas(schemaFiles({ releases: [old], current: bare })).dropped).toEqual(['message.media'])
    expect(checkSchemas(schemaFiles({ releases: [old, current], current })).dropped).toEqual([])
  })
})

describe('checkSchemas: a file', () => {
  it.each([
    ['no JSON', '{"type": "record"', /^schemas\/message\/v1.avsc is no Avro record: .*JSON/],
    [
      'a type that Avro does not have',
      schemaText([{ name: 'at', type: 'date' }]),
      /is no Avro record: undefined type name: .*date/,
    ],
    ['a default that does not fit', schemaText([{ ...text, default: 7 }]), /is no Avro record: .*default/],
    [
      'a field twice, without all of the schema in the message',
      schemaText([id, id, ...Array.from({ length: 20 }, (_, index) => ({ ...text, name: `text${index}` }))]),
      /is no Avro record: duplicate field name: .{1,180}…$/,
    ],
    ['no record', '"string"', /is no Avro record: it is not a record/],
    ['no doc', schemaText([{ ...id, doc: ' ' }]), /^message.id has no doc. Say what it means/],
  ])('is refused with %s', (_, current, says) => {
    expect(messagesOf({ releases: [], current })).toEqual([expect.stringMatching(says)])
  })
})

describe('the schemas of this repository', () => {
  it('pass the check', () => {
    expect(checkSchemas(loadSchemaFiles()).problems.map(({ message }) => message)).toEqual([])
  })
})
