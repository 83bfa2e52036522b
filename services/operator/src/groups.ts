import { lettersCommands } from './letters-command.ts'
import { parkedCommands } from './parked-command.ts'
import { schemasCommands } from './schemas-command.ts'
import { topicsCommands } from './topics-command.ts'

/** Commands of this service, by the word before them: `murmur topics apply`. */
export const groups = {
  topics: topicsCommands,
  schemas: schemasCommands,
  parked: parkedCommands,
  letters: lettersCommands,
} as const
