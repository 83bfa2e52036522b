import { runCommand } from './command.ts'
import { pushAllSchemas } from './schemas-command.ts'
import { applyTopics } from './topics-command.ts'

const groups = {
  topics: { usage: applyTopics.usage, commands: { apply: applyTopics } },
  schemas: { usage: pushAllSchemas.usage, commands: { push: pushAllSchemas } },
} as const

const [word = '', ...args] = process.argv.slice(2)
const group = word === 'topics' || word === 'schemas' ? groups[word] : undefined
process.exitCode =
  group === undefined
    ? 2
    : await runCommand(group.commands, args, {
        usage: group.usage,
        env: process.env,
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(text),
      })
