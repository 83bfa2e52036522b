import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type DoctorWebhook, diagnoseWebhook } from '@murmuration/bird'
import { readConfig } from '@murmuration/config'
import { describeError, errorCodeOf } from '@murmuration/errors'
import { settings } from './config.ts'
import { readSources, type Source } from './sources.ts'
import { toReport } from './verify-command-report.ts'
import { CaptureUnreadableError, readCapture, readRawRequest } from './verify-command-request.ts'

/** How long nothing is said, ms. */
const SILENCE_MS = 2_000

export interface VerifyIo {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Epoch ms. */
  readonly now: () => number
  /** Writes one line to standard output: results. */
  readonly print: (line: string) => void
  /** Writes one line to standard error: everything else. */
  readonly complain: (line: string) => void
}

const HELP = `murmur verify: says whether a captured webhook is accepted, and if not, which input of its signature is wrong.

Usage: murmur verify --headers FILE --body FILE [--query QUERY] [options]
       murmur verify --request FILE [options]

  --headers FILE   "Name: value" lines, an HTTP request line before them if you have it; or one JSON object
  --body FILE      the exact bytes of the body: an editor adds a newline, and a changed byte is another body
  --request FILE   one raw HTTP request instead of the two
  --query QUERY    query of the request, where no request line tells it
  --source NAME    judge by this source. Otherwise by the one whose path the request line names, else by each
  --sources FILE   the sources; otherwise SOURCES_FILE
  --at TIME        judge at this time, ISO 8601 or Unix seconds or milliseconds; otherwise now. For a capture, give the
                   time of its own timestamp header: an old one is refused as too old
  --json           print one JSON object: {"verdict", "reason", "source", "keyId", "findings": [{"what", "detail"}]}
  --help           print this

Example:
  murmur verify --sources sources.yaml --headers head.txt --body body.json --at 1719823259
  refused by source whatsapp: no-key-matches
    url-trailing-slash  Bird signed the path with a slash at the end. Set publicUrl to exactly https://…/

Prints no key, no signature, no token and no text of a body. Environment: SOURCES_FILE, and the variables of the keys.
Exit codes: 0 accepted, 1 refused, 2 wrong usage or configuration.`

const OPTIONS = {
  headers: { type: 'string' },
  body: { type: 'string' },
  request: { type: 'string' },
  query: { type: 'string' },
  source: { type: 'string' },
  sources: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** A wrong option; the message says which. */
class MisuseError extends Error {
  override readonly name = 'MisuseError'
}

/** `murmur verify`. @returns the exit code */
export function runVerify(argv: readonly string[], io: VerifyIo): 0 | 1 | 2 {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS })
    if (values.help) {
      io.print(HELP)
      return 0
    }
    return verify(values, io)
  } catch (error) {
    const isMisuse = error instanceof MisuseError || (error instanceof TypeError && 'code' in error)
    if (isMisuse) io.complain(`${describeError(error)}\nTry: murmur verify --help`)
    else if (error instanceof CaptureUnreadableError) io.complain(error.message)
    else io.complain(`${errorCodeOf(error)}: ${describeError(error)}`)
    return 2
  }
}

function verify(options: Options, io: VerifyIo): 0 | 1 {
  const webhook = readWebhook(options)
  const nowMs = options.at === undefined ? io.now() : parseTime(options.at)
  const file = options.sources ?? readConfig({ SOURCES_FILE: settings.SOURCES_FILE }, io.env).SOURCES_FILE
  const { sources } = readSources(file, io.env)
  const byPath = sources.find(({ path }) => path === webhook.path)
  const source = options.source ?? byPath?.name
  if (options.source !== undefined) requireSource(options.source, sources)
  const onProgress = createProgress(io)
  const diagnosis = diagnoseWebhook(webhook, { sources, source, nowMs, onProgress })
  const chosenBy = options.source !== undefined ? 'name' : byPath === undefined ? 'trying' : 'path'
  const unknownPath = byPath === undefined ? webhook.path : undefined
  io.print(options.json === true ? JSON.stringify(diagnosis) : toReport(diagnosis, { chosenBy, unknownPath }))
  return diagnosis.verdict === 'accepted' ? 0 : 1
}

/** To be called often: says from time to time that the work goes on. */
function createProgress({ now, complain }: VerifyIo): () => void {
  const startMs = now()
  let saidMs = startMs
  let tried = 0
  return () => {
    tried += 1
    if (now() - saidMs < SILENCE_MS) return
    saidMs = now()
    complain(`still trying: ${tried} signatures in ${Math.round((saidMs - startMs) / 1_000)} s`)
  }
}

function readWebhook({ headers, body, request, query }: Options): DoctorWebhook {
  if (request !== undefined && (headers !== undefined || body !== undefined)) {
    throw new MisuseError('--request stands for --headers and --body: give one or the other')
  }
  if (request === undefined && (headers === undefined || body === undefined)) {
    throw new MisuseError('give --headers and --body, or --request')
  }
  const webhook =
    request === undefined
      ? readCapture(readBytes('headers', headers), readBytes('body', body))
      : readRawRequest(readBytes('request', request))
  return query === undefined ? webhook : { ...webhook, query: query.replace(/^\?/, '') }
}

function readBytes(option: string, file = ''): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new MisuseError(`--${option} ${file} can't be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function requireSource(name: string, sources: readonly Source[]): void {
  const names = sources.map((source) => source.name)
  if (!names.includes(name)) throw new MisuseError(`no source is named ${name}; there are ${names.join(', ')}`)
}

/** Epoch ms of ISO 8601 (UTC where it names no zone), Unix seconds, or milliseconds. */
function parseTime(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000
  if (/^\d{12,15}$/.test(text)) return Number(text)
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
  const ms =
    isIso === null ? Number.NaN : Date.parse(isIso[1] === undefined || isIso[4] !== undefined ? text : `${text}Z`)
  if (Number.isNaN(ms)) throw new MisuseError('--at wants ISO 8601, Unix seconds, or milliseconds')
  return ms
}
