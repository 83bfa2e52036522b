import { execFile } from 'node:child_process'
import { type Env, findOnPath } from './on-path.ts'

/** How to run a program that refuses to be root. Prepend `command` to the program's own words. */
export interface Unprivileged {
  readonly command: readonly string[]
  /** Who owns, as seen from outside, what the program writes; its data folder has to belong to them already. */
  readonly ownerUid: number
  /** Set where the process itself has to change its user. */
  readonly uid?: number
}

/** `nobody` on Linux; the number needs no entry in the user database. */
const NOBODY = 65_534

/**
 * Finds a way to run PostgreSQL as the present user, who may be root (in a container, on a CI machine).
 *
 * For root, in this order:
 * 1. a user namespace in which root has another number: files keep their owner, and stay reachable in a folder that
 *    only root may enter;
 * 2. another user with the right to pass over file permissions, where namespaces are forbidden;
 * 3. another user as such, which needs a clone that everybody may enter.
 *
 * No way creates a system user, and each replaces itself by the program, so that the process id is the program's.
 */
export async function findUnprivileged(input: { readonly uid: number; readonly env: Env }): Promise<Unprivileged> {
  if (input.uid !== 0) return { command: [], ownerUid: input.uid }

  const unshare = findOnPath('unshare', input.env)
  if (unshare !== undefined) {
    const command = [unshare, '--user', '--map-user=1000', '--map-group=1000', '--']
    if (await runsAsOther(command, input.env)) return { command, ownerUid: 0 }
  }
  const setpriv = findOnPath('setpriv', input.env)
  if (setpriv !== undefined) {
    const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    const command = [setpriv, ...user, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--']
    if (await runsAsOther(command, input.env)) return { command, ownerUid: NOBODY }
  }
  return { command: [], ownerUid: NOBODY, uid: NOBODY }
}

/** Whether a program run in this way sees a user that is not root. */
function runsAsOther(command: readonly string[], env: Env): Promise<boolean> {
  const [program = '', ...words] = command
  return new Promise((resolve) => {
    execFile(program, [...words, 'id', '-u'], { env: { ...env }, timeout: 5_000 }, (error, stdout) => {
      resolve(error === null && stdout.trim() !== '' && stdout.trim() !== '0')
    })
  })
}
