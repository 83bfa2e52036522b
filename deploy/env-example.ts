import type { Setting, Settings } from '@murmuration/config'

/** The settings of one program. */
export interface SettingsGroup {
  readonly title: string
  readonly settings: Settings
}

/**
 * The text of `.env.example`: every setting with its meaning, its default or a sample value. Pure.
 *
 * A setting that several groups share stands once, in the first of them.
 */
export function toEnvExample(groups: readonly SettingsGroup[]): string {
  const seen = new Set<string>()
  const parts = groups.map(({ title, settings }) => {
    const fresh = Object.entries(settings).filter(([name]) => !seen.has(name))
    for (const [name] of fresh) seen.add(name)
    return [`# --- ${title} ---`, ...fresh.map(([name, setting]) => toEntry(name, setting))].join('\n\n')
  })
  const head =
    '# Every setting, generated from the configuration schemas by `npm run generate`.\n' +
    '# NAME_FILE may stand for NAME: the content of that file is the value. Commented settings have the default shown.'
  return `${[head, ...parts].join('\n\n')}\n`
}

function toEntry(name: string, setting: Setting<unknown>): string {
  const fallback = setting.schema.safeParse(undefined)
  const value = fallback.success ? `# ${name}=${toText(fallback.data)}` : `${name}=${setting.example ?? ''}`
  return `# ${setting.doc}\n${value}`
}

function toText(value: unknown): string {
  // An optional setting without a default is empty.
  return Array.isArray(value) ? value.join(',') : String(value ?? '')
}
