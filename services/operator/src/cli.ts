import { runCommand } from './command.ts'
import { groups } from './groups.ts'

const [word = '', ...args] = process.argv.slice(2)
const commands = word === 'topics' || word === 'schemas' ? groups[word] : undefined
process.exitCode =
  commands === undefined
    ? 2
    : await runCommand(commands, args, {
        env: process.env,
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(text),
      })
