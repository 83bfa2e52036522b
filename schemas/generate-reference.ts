import { catalog, groupsOf, type RecordName, recordNames, type TopicEntry, writersOf } from './catalog.ts'
import { type DescribedField, describeFields } from './describe-fields.ts'
import { loadExample, loadSchema } from './load-schema.ts'
import { personalFieldsOf } from './personal-fields.ts'
import { codes, escapeHtml, referenceStyle } from './reference-html.ts'
import { drawTopicMap, nameWriter } from './reference-map.ts'

const DAY_MS = 24 * 60 * 60_000

/** The readable page of all topics: one HTML file that needs nothing but itself. Pure but for the schema files. */
export function generateReference(): string {
  return `<!doctype html>
<!-- Generated from the catalog and the schemas by \`npm run generate\`. Do not edit: a test compares. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Murmuration: topics</title>
<style>${referenceStyle}</style>
</head>
<body>
<header>
<h1>Topics of Murmuration</h1>
<p>What Bird's AI Employees and their customers do, as Kafka topics. One Avro record per topic, in Confluent's wire
format, subject <code>&lt;topic&gt;-value</code>. Partitions and retention are the defaults; an environment may set
others, and a prefix before every name.</p>
<p>Read <a href="../how-to-consume.md">how to consume</a> first: order, duplicates, revisions, erasures, evolution. For
tools: <a href="asyncapi.json">asyncapi.json</a>. Programs to start from: <a href="../recipes/">recipes</a>.</p>
</header>
<main>
<div class="scroll" role="region" aria-label="Map of topics" tabindex="0">
${drawTopicMap()}
</div>
<nav aria-label="Topics"><ul>
${recordNames.map((record) => `<li><a href="#${record}">${catalog[record].topic}</a></li>`).join('\n')}
</ul></nav>
<p>A group that sets records aside has <code>&lt;topic&gt;.&lt;group&gt;.dlq</code> and
<code>&lt;topic&gt;.&lt;group&gt;.retry</code> for each topic that it reads: same keys and values, with headers
<code>mur-*</code> that say where a record comes from and why. ${badge()} marks fields with personal data.</p>
${recordNames.map(toSection).join('\n')}
</main>
</body>
</html>
`
}

function toSection(record: RecordName): string {
  const entry: TopicEntry = catalog[record]
  const schema = loadSchema(record)
  const readers = groupsOf(record).map(({ id }) => id)
  const personal = personalFieldsOf(record)
  const fact = (name: string, value: string): string => `<dt>${name}</dt><dd>${value}</dd>`
  return `<section aria-labelledby="${record}">
<h2 id="${record}">${entry.topic}</h2>
<p>${escapeHtml(schema.doc ?? '')}</p>
<dl>
${fact('Record', codes([`${schema.namespace}.${schema.name}`]))}
${fact('Key', escapeHtml(entry.key))}
${fact('Partitions', String(entry.partitions))}
${fact('Kept for', `${entry.retentionMs / DAY_MS} days`)}
${fact('Written by', escapeHtml(writersOf(record).map(nameWriter).join(', ')))}
${fact('Read by', readers.length === 0 ? 'none of ours' : codes(readers))}
${fact('Personal data', personal.length === 0 ? 'none' : codes(personal))}
</dl>
<div class="scroll" role="region" aria-label="Fields of ${entry.topic}" tabindex="0">
<table>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${describeFields(schema).map(toRow).join('\n')}
</tbody>
</table>
</div>
<details><summary>An example, decoded</summary>
<pre tabindex="0">${escapeHtml(JSON.stringify(loadExample(record), null, 2))}</pre>
</details>
<details><summary>Read it</summary>
<pre tabindex="0">${escapeHtml(toCommands(record))}</pre>
</details>
</section>`
}

function toRow({ path, type, nullable, field }: DescribedField): string {
  const inner = path.includes('.') ? ' class="inner"' : ''
  const values = field.values === undefined ? '' : `<span class="values">Values: ${codes(field.values)}</span>`
  return `<tr><th scope="row"${inner}><code>${escapeHtml(path)}</code>${field.personal === true ? badge() : ''}</th>
<td class="type"><code>${escapeHtml(type)}</code>${nullable ? ' or null' : ''}</td>
<td>${escapeHtml(field.doc ?? '')}${values}</td></tr>`
}

function badge(): string {
  return '<span class="personal">personal</span>'
}

function toCommands(record: RecordName): string {
  const { topic } = catalog[record]
  const read = `python docs/recipes/read_topics.py --brokers $BROKERS --registry $REGISTRY ${topic}`
  return `# Decoded, as JSON lines
${read}

# As a Parquet file
${read} |
  python docs/recipes/to_parquet.py schemas/${record}/v1.avsc ${record}.parquet

# Partitions, offsets, keys and headers
docs/recipes/kcat.sh $BROKERS ${topic}`
}
