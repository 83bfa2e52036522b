import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Which service answers to which first word; the word itself is passed on where one service has several. */
const words = {
  topics: {
    cli: './cli.ts',
    passWord: true,
    commands: {
      plan: 'compare the cluster with the catalog',
      apply: 'create and change topics as the catalog asks for',
    },
  },
  schemas: {
    cli: './cli.ts',
    passWord: true,
    commands: {
      check: 'find what would break a reader, without a registry',
      release: 'freeze the current schemas as the next release',
      diff: 'compare the registry with this checkout',
      push: 'register the schemas of the catalog',
    },
  },
  parked: {
    cli: './cli.ts',
    passWord: true,
    commands: {
      list: 'show the records that wait in retry topics',
      'retry-now': 'try the first record of a key at once',
      release: 'make parked records dead letters; their keys go on',
      discard: 'drop parked records for good; their keys go on',
    },
  },
  letters: {
    cli: './cli.ts',
    passWord: true,
    commands: {
      list: 'show the dead letters of consumers',
      redrive: 'put dead letters back, behind what is parked of their key',
    },
  },
  db: {
    cli: '../../crm-sync/src/cli.ts',
    passWord: false,
    commands: { migrate: 'bring the database to this version' },
  },
  verify: {
    cli: '../../ingress/src/cli.ts',
    passWord: false,
    commands: { '--request FILE': 'say why a captured webhook is refused' },
  },
} as const

const usage = `murmur WORD COMMAND [--help] [--json]

${Object.entries(words)
  .flatMap(([word, { commands }]) => Object.entries(commands).map(([name, about]) => [word, name, about] as const))
  .map(([word, name, about]) => `  murmur ${word.padEnd(8)} ${name.padEnd(14)} ${about}`)
  .join('\n')}

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
`

const [word, ...args] = process.argv.slice(2)
if (word === undefined || word === '--help' || word === '-h') {
  process.stdout.write(usage)
  process.exitCode = word === undefined ? 2 : 0
} else if (!Object.hasOwn(words, word)) {
  process.stderr.write(`not understood: ${word}\n\n${usage}`)
  process.exitCode = 2
} else {
  const { cli, passWord } = words[word as keyof typeof words]
  const script = fileURLToPath(new URL(cli, import.meta.url))
  const child = spawn(process.execPath, [script, ...(passWord ? [word] : []), ...args], { stdio: 'inherit' })
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1
  })
}
