import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Which service answers to which first word; the word itself is passed on where one service has several. */
const words = {
  topics: { cli: './cli.ts', passWord: true, about: 'apply          create the topics of the catalog' },
  schemas: { cli: './cli.ts', passWord: true, about: 'push           register the schemas of the catalog' },
  db: { cli: '../../crm-sync/src/cli.ts', passWord: false, about: 'migrate        bring the database to this version' },
  verify: {
    cli: '../../ingress/src/cli.ts',
    passWord: false,
    about: '--request FILE say why a captured webhook is refused',
  },
} as const

const usage = `murmur WORD COMMAND [--help] [--json]

${Object.entries(words)
  .map(([word, { about }]) => `  murmur ${word.padEnd(8)} ${about}`)
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
