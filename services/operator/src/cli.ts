import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { runCommand } from './command.ts'
import { groups } from './groups.ts'

const [word = '', ...args] = process.argv.slice(2)
const commands = Object.hasOwn(groups, word) ? groups[word as keyof typeof groups] : undefined
process.exitCode =
  commands === undefined
    ? 2
    : await runCommand(commands, args, {
        env: process.env,
        out: (text) => process.stdout.write(text),
        err: (text) => process.stderr.write(text),
        now: Date.now,
        newId: randomUUID,
        user: () => `${userInfo().username}@${hostname()}`,
      })
