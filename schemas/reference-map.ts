import { catalog, consumers, groupsOf, type RecordName, recordNames, type WriterName, writersOf } from './catalog.ts'
import { escapeHtml } from './reference-html.ts'

const ROW = 44
const BOX = 30
const TOP = 40
/** Left edge and width of each column, in the map's own units. */
const COLUMNS = {
  writers: { x: 10, width: 170 },
  topics: { x: 325, width: 250 },
  readers: { x: 720, width: 190 },
} as const

interface Place<Name extends string> {
  readonly name: Name
  /** Middle of the box. */
  readonly y: number
}

/** From who writes over the topics to who reads, as a picture; every topic is a link to its section. Pure. */
export function drawTopicMap(): string {
  const height = TOP + recordNames.length * ROW
  const topics = new Map(recordNames.map((record, row) => [record, TOP + row * ROW + ROW / 2]))
  const writers = spread([...new Set(recordNames.map((record) => catalog[record].owner))], height)
  const readers = spread(
    Object.values(consumers).flatMap((groups) => groups.map(({ id }) => id)),
    height,
  )
  const edges = recordNames.flatMap((record) => {
    const y = topics.get(record) ?? 0
    return [
      ...writersOf(record).map((writer) => edge(right('writers'), yOf(writers, writer), COLUMNS.topics.x, y)),
      ...groupsOf(record).map(({ id }) => edge(right('topics'), y, COLUMNS.readers.x, yOf(readers, id))),
    ]
  })
  return `<svg viewBox="0 0 920 ${height + 10}" role="group" aria-labelledby="map-title map-text">
<title id="map-title">Who writes and who reads each topic</title>
<desc id="map-text">${escapeHtml(recordNames.map(toSentence).join(' '))}</desc>
<g class="heading"><text x="95" y="22">writes</text><text x="450" y="22">topic</text><text x="815" y="22">reads (consumer group)</text></g>
<g class="edges">${edges.join('')}</g>
${writers.map(({ name, y }) => box('writers', nameWriter(name), y)).join('\n')}
${recordNames.map((record) => topicBox(record, topics.get(record) ?? 0)).join('\n')}
${readers.map(({ name, y }) => box('readers', name, y)).join('\n')}
</svg>`
}

/** A writer for people. */
export function nameWriter(name: WriterName): string {
  return name === 'consumers' ? 'every consumer' : name
}

function spread<Name extends string>(names: readonly Name[], height: number): readonly Place<Name>[] {
  const step = (height - TOP) / names.length
  return names.map((name, row) => ({ name, y: TOP + step * (row + 0.5) }))
}

function yOf(places: readonly Place<string>[], name: string): number {
  return places.find((place) => place.name === name)?.y ?? 0
}

function right(column: keyof typeof COLUMNS): number {
  return COLUMNS[column].x + COLUMNS[column].width
}

function edge(fromX: number, fromY: number, toX: number, toY: number): string {
  const middle = (fromX + toX) / 2
  return `<path d="M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}"/>`
}

function box(column: keyof typeof COLUMNS, name: string, y: number): string {
  const { x, width } = COLUMNS[column]
  const text = `<text x="${x + width / 2}" y="${y + 5}">${escapeHtml(name)}</text>`
  return `<g class="${column}"><rect x="${x}" y="${y - BOX / 2}" width="${width}" height="${BOX}" rx="6"/>${text}</g>`
}

function topicBox(record: RecordName, y: number): string {
  return `<a href="#${record}">${box('topics', catalog[record].topic, y)}</a>`
}

/** For those who can't see the picture. */
function toSentence(record: RecordName): string {
  const readers = groupsOf(record).map(({ id }) => id)
  const read = readers.length === 0 ? 'read by none of our consumers' : `read by ${readers.join(' and ')}`
  return `${catalog[record].topic}: written by ${writersOf(record).map(nameWriter).join(' and ')}, ${read}.`
}
